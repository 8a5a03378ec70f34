import LeakStatistics

/// One look at a fleet: finds its metrics, reads its pods and judges them.
package struct FleetRun {
    private let plan: FleetPlan
    private let source: any MetricSource

    /// A look at what `plan` selects in `source`.
    package init(_ plan: FleetPlan, _ source: any MetricSource) {
        self.plan = plan
        self.source = source
    }

    /// Reads and judges; `progress` is told how much is done, from 0 to 1, and may throw to end it.
    ///
    /// Throws `FleetFailure`, `StoreFailure`, and what `progress` throws. Where the store no longer answers on the way, or one
    /// of them throws `CancellationError`, what was read until then is judged; the error comes through where that is nothing.
    package func result(progress: (Double) throws -> Void = { _ in }) throws -> FleetResult {
        let names = try source.names(matching: plan.selector, in: plan.time)
        guard !names.isEmpty else { throw FleetFailure.nothingSelected(selector: plan.selector) }
        let counter = try Self.metric(plan.connections, among: names, known: FleetGauge.connections)
        guard let counter else { throw FleetFailure.noConnections }
        let open =
            try Self.metric(plan.open, among: names, known: FleetGauge.open)
            ?? (names.contains("watertight_watch_tcp_sockets")
                ? "watertight_watch_tcp_sockets{state=\"ESTABLISHED\"}" : nil)
        let gauges = FleetGauge.found(among: names)
        guard !gauges.isEmpty else { throw FleetFailure.noGauge }

        var reader = FleetReader(
            plan, source, connections: counter, open: open, hasStarts: names.contains(FleetGauge.starts[0]))
        let series = try series(gauges[0])
        let read = try reader.read(gauges, series: series, progress: progress)
        let unread = reader.interruption?.unread ?? []
        let judged = zip(gauges, read).filter { !unread.contains($0.0.metric) }
        var result = FleetResult(
            time: plan.time, selector: plan.selector, step: plan.step, connections: counter, open: open,
            groupLabel: plan.groupLabel, baseline: plan.baseline)
        result.notes = reader.notes.sorted { "\($0)" < "\($1)" } + (open == nil ? [.noOpen] : [])
        result.interruption = reader.interruption
        do {
            try judge(judged.map(\.0), judged.map(\.1), names, into: &result)
        } catch let failure as FleetFailure {
            // What seems to be missing, such as the baseline, may be in the part that was not read.
            throw reader.interruption?.cause.error ?? failure
        }
        return result
    }

    private func judge(
        _ gauges: [FleetGauge], _ tracks: [[PodTrack]], _ names: Set<String>, into result: inout FleetResult
    ) throws {
        guard tracks.contains(where: { $0.contains { !$0.lives.isEmpty } }) else { throw FleetFailure.noReadings }
        result.findings = try findings(gauges, tracks, hasOpen: result.open != nil, names)
        result.pods = podsRead(tracks[0])
        if let interruption = result.interruption {
            let begin = interruption.readUntil
            result.doubtClean(begin < plan.time.upperBound ? .unread(from: begin) : .partial)
            return
        }
        if result.notes.contains(where: \.isPartial) { result.doubtClean(.partial) }
        try exhaust(&result, gauges, tracks, names)
    }

    /// How many series a gauge has at the end of the time, or had on the way.
    private func series(_ gauge: FleetGauge) throws -> Int {
        let length = plan.time.upperBound - plan.time.lowerBound
        let query = "count(count_over_time(\(FleetGauge.query(gauge.metric, plan.selector))[\(Int(length))s]))"
        let end = plan.time.upperBound
        let answer = try source.series(of: query, in: end..<(end + 1), step: 1)
        return Int(answer.series.first?.points.last?.value ?? 1)
    }

    /// The metric that was named, or one that is known; throws `FleetFailure.noMetric`.
    private static func metric(_ wanted: String?, among names: Set<String>, known: [String]) throws -> String? {
        guard let wanted else { return known.first(where: names.contains) }
        let name = String(wanted.prefix { $0 != "{" })
        guard names.contains(name) else {
            let words = Set(name.split(separator: "_"))
            let like = names.filter { !words.isDisjoint(with: $0.split(separator: "_")) }
            throw FleetFailure.noMetric(
                name: name,
                like: like.sorted { left, right in
                    let shared = { (name: String) in words.intersection(name.split(separator: "_")).count }
                    return (shared(right), left) < (shared(left), right)
                }.prefix(3).map { $0 })
        }
        return wanted
    }

    private func findings(
        _ gauges: [FleetGauge], _ tracks: [[PodTrack]], hasOpen: Bool, _ names: Set<String>
    ) throws -> [FleetResult.Finding] {
        try requireGroups(tracks[0])
        let isCollected = FleetGauge.known.contains { $0.isCollected && names.contains($0.metric) }
        let groups = Set(tracks[0].map(group)).sorted()
        let comparisons = gauges.count * groups.count
        // A fleet may have as many groups as pods: each track is put into its group once, and the baseline judged once.
        let columns = zip(gauges, tracks).map { gauge, tracks in
            let judge = FleetJudge(
                gauge: gauge, hasOpen: hasOpen, isCollected: isCollected, comparisons: comparisons, seed: plan.seed,
                blockHours: plan.block / 3600)
            let growth = plan.baseline == nil ? nil : judge.growth(Self.pods(tracks.filter(isBaseline)))
            return (gauge: gauge, judge: judge, members: Dictionary(grouping: tracks, by: group), baseline: growth)
        }
        return groups.flatMap { name in
            // A group in which pods lack one of the gauges is no baseline for that.
            let isBase = columns.allSatisfy { ($0.members[name] ?? []).allSatisfy(isBaseline) }
            return columns.map { column in
                let members = column.members[name] ?? []
                var finding = column.judge.finding(
                    Self.pods(isBase ? members : members.filter { !isBaseline($0) }), group: title(name),
                    baseline: isBase ? nil : column.baseline)
                finding.isBaseline = isBase
                finding.query = query(column.gauge, of: name)
                return finding
            }
        }
    }

    /// The query for what a group's pods held.
    private func query(_ gauge: FleetGauge, of group: String) -> String {
        let matcher = plan.groupLabel.map { LabelMatcher(name: $0, value: group).text }
        return gauge.query(
            [plan.selector, matcher ?? ""].filter { !$0.isEmpty }.joined(separator: ","), step: plan.step)
    }

    /// The pods of the tracks of one gauge, by group and name.
    private func podsRead(_ tracks: [PodTrack]) -> [FleetPod] {
        var pods: [String: [String: FleetPod]] = [:]
        for track in tracks where !track.lives.isEmpty {
            let (group, name) = (group(track), Self.name(track))
            let new = FleetPod(name: name, group: title(group), isBaseline: isBaseline(track), lives: [])
            pods[group, default: [:]][name, default: new].lives += track.lives.map { life in
                .init(time: life.begin...max(life.begin, life.last.time), connections: life.dose)
            }
        }
        return pods.sorted { $0.key < $1.key }.flatMap { $0.value.values.sorted { $0.name < $1.name } }
    }

    private func title(_ group: String) -> String? { plan.groupLabel == nil ? nil : group }
    private func group(_ track: PodTrack) -> String { plan.groupLabel.map { track.labels[$0] ?? "" } ?? "" }
    private func isBaseline(_ track: PodTrack) -> Bool { plan.baseline?.matches(track.labels) ?? false }

    private func requireGroups(_ tracks: [PodTrack]) throws {
        if let name = plan.groupLabel, !tracks.contains(where: { $0.labels[name] != nil }) {
            throw FleetFailure.noLabel(
                name: name, labels: Set(tracks.flatMap { $0.labels.keys }).sorted())
        }
        guard plan.baseline != nil else { return }
        let count = tracks.count(where: isBaseline)
        guard count > 0 else { throw FleetFailure.baseline(isAll: false) }
        guard count < tracks.count else { throw FleetFailure.baseline(isAll: true) }
    }

    /// The tracks by pod: one that comes back under another version is the same one.
    private static func pods(_ tracks: [PodTrack]) -> [FleetJudge.Pod] {
        var pods: [String: FleetJudge.Pod] = [:]
        for track in tracks { pods[name(track), default: .init(name: name(track), lives: [])].lives += track.lives }
        return pods.values.sorted { $0.name < $1.name }
    }

    private static func name(_ track: PodTrack) -> String {
        if let name = track.labels["pod"] ?? track.labels["instance"] { return name }
        return track.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// When the first pod of each leaking group reaches its limit. Without the limits all verdicts hold.
    private func exhaust(
        _ result: inout FleetResult, _ gauges: [FleetGauge], _ tracks: [[PodTrack]], _ names: Set<String>
    ) throws {
        for (gauge, tracks) in zip(gauges, tracks) {
            guard let metric = gauge.limits.first(where: names.contains) else { continue }
            let leaks = result.findings.indices.filter {
                result.findings[$0].resource == gauge.resource && result.findings[$0].verdict == .leak
            }
            guard !leaks.isEmpty else { continue }
            let limits: [[String: String]: Double]
            do {
                limits = try self.limits(metric)
            } catch {
                guard let cause = FleetInterruption.Cause(error) else { throw error }
                result.interruption = FleetInterruption(cause, readUntil: plan.time.upperBound, unread: [metric])
                return
            }
            let members = Dictionary(grouping: tracks.filter { !isBaseline($0) }, by: group)
            for index in leaks {
                let finding = result.findings[index]
                let ends = (members[finding.group ?? ""] ?? []).compactMap { end(of: $0, finding, limits) }
                result.findings[index].exhaustion = ends.min { $0.time < $1.time }
            }
        }
    }

    /// The limits of pods at the end of the time, by their labels.
    private func limits(_ metric: String) throws -> [[String: String]: Double] {
        let end = plan.time.upperBound
        let answer = try source.series(
            of: FleetGauge.query(metric, plan.selector), in: (end - plan.step)..<(end + 1), step: plan.step)
        return answer.series.reduce(into: [:]) { $0[$1.labels] = $1.points.last?.value }
    }

    /// When the pod of a track reaches its limit; nil where it does not run any more or has none.
    private func end(
        of track: PodTrack, _ finding: FleetResult.Finding, _ limits: [[String: String]: Double]
    ) -> FleetResult.Finding.Exhaustion? {
        guard let life = track.lives.last, life.hours > 0, plan.time.upperBound - life.last.time < 4 * plan.step,
            let limit = limits[track.labels],
            // A limit is reached by all growth, also by what the baseline has as well.
            let amount = finding.curves.fit?.perConnection
        else { return nil }
        let hours = max(0, limit - life.last.level) / (amount * life.dose / life.hours)
        return .init(pod: Self.name(track), limit: limit, time: life.last.time + hours * 3600)
    }
}
