extension CheckRecord {
    /// What stands in place of a lifecycle in the samples of a watch.
    public static let watchLabel = "watch"

    /// The watch as it was reported; judged from the samples where it was killed. Nil for the record of a check.
    public var recordedWatch: WatchResult? {
        var result = judgedWatch
        if let findings = end?.growth { result?.findings = findings }
        return result
    }

    /// The watch as the rules of this version judge its samples; nil for the record of a check.
    public var judgedWatch: WatchResult? {
        guard let watch = header.watch else { return nil }
        var state = WatchState()
        for sample in samples { state.add(sample) }
        var result = WatchResult(header, watch, state)
        result.targetLost = end?.targetLost
        result.isUnfinished = end == nil
        if let end {
            result.notes = end.notes
            result.doubt(unread: end.unread ?? [:])
        }
        return result
    }
}

extension WatchResult {
    /// What `state` amounts to.
    init(_ header: CheckRecord.Header, _ watch: CheckRecord.Watch, _ state: WatchState) {
        startedAt = header.startedAt
        durationSeconds = state.seconds
        intervalSeconds = watch.intervalSeconds
        samples = state.samples
        target = header.target
        runtime = header.runtime
        descriptorLimit = header.descriptorLimit
        notes = header.notes
        probes = header.probes ?? []
        findings = state.tracks.map {
            WatchJudge.finding($0, seconds: state.seconds, usesTracingGC: header.collectsLazily)
        }
    }
}

extension CheckRecord.Header {
    /// The header of a watch, which drives nothing.
    init(watch: CheckRecord.Watch, startedAt: String, target: String, runtime: String, usesTracingGC: Bool) {
        self.init(
            startedAt: startedAt, seed: 0, budgetSeconds: watch.durationSeconds ?? 0, concurrency: 0, target: target,
            runtime: runtime, collectsLazily: usesTracingGC, isolation: .sharedProcess, notes: [], rows: [])
        self.watch = watch
    }
}

extension CheckRecord.End {
    init(_ result: WatchResult) {
        durationSeconds = result.durationSeconds
        interrupted = false
        targetLost = result.targetLost
        notes = result.notes
        unread = result.unread.isEmpty ? nil : result.unread
        findings = []
        growth = result.findings
    }
}
