import LeakStatistics

extension RowMeasurement {
    /// Notes what has been given back by a moment within a pause, `seconds` after the last connection. What is taken again
    /// was not given back.
    mutating func noteReleases(_ releases: [Resource: Bool], after seconds: Double) {
        for (resource, isReleased) in releases {
            releasedWithin[resource] = isReleased ? releasedWithin[resource] ?? seconds : nil
        }
    }
}

extension RowJudge {
    /// What a pause has come to if it ended now.
    struct Rest: Hashable {
        /// Of what is suspected, whether it would be clean.
        var releases: [Resource: Bool]
        /// Whether all that was kept has been given back, so that nothing is left to wait for.
        var isOver: Bool
    }

    /// What the pause of a resting row would come to if it ended with `moment`.
    func rest(of row: RowMeasurement, at moment: CheckResult.Sample) -> Rest {
        let judgments = judgments(row)
        let suspects = judgments.filter { $0.value.assessment == .suspect }.map(\.key)
        let doubts = judgments.filter(\.value.restTells).map(\.key)
        guard !suspects.isEmpty || !doubts.isEmpty else { return Rest(releases: [:], isOver: false) }
        var ended = row
        ended.samples.append(moment)
        let assessments = assessments(ended)
        let releases = suspects.map { ($0, assessments[$0]?.isClean(tightly: false) ?? false) }
        // What an earlier pause gave back must be gone again as well.
        let growsStill = assessments.values.contains { assessment in
            if case .undecided(let reason) = assessment { return reason.isSuspicion }
            return assessment == .suspect || assessment == .unconfirmed
        }
        return Rest(
            releases: Dictionary(uniqueKeysWithValues: releases),
            isOver: releases.allSatisfy(\.1) && !growsStill
                && (!suspects.isEmpty || doubts.allSatisfy { assessments[$0]?.isClean(tightly: false) ?? false }))
    }

    /// What is suspected of a row, and how much each connection seems to leave.
    func suspicions(of row: RowMeasurement) -> [Resource: Double] {
        judgments(row).filter { $0.value.assessment == .suspect }.compactMapValues { $0.estimate?.perConnection }
    }
}

/// What a resting row was seen to hold least, so that it can be said when something was last given back.
struct PauseWatch {
    private var least: CheckResult.Sample?

    /// Notes what is held at `moment`; whether that is clearly less than ever since `crest`, the last sample before the pause.
    mutating func hasFallen(at moment: CheckResult.Sample, since crest: CheckResult.Sample) -> Bool {
        let before = least ?? crest
        let hasFallen = moment.hasFallen(below: before)
        if hasFallen || least == nil { least = moment.lower(than: before) }
        return hasFallen
    }
}

extension CheckResult.Sample {
    /// A fall by less than this part of what is held is noise.
    private static let leastFall = 0.02

    /// Whether something that was read of both is clearly less than in `least`.
    fileprivate func hasFallen(below least: CheckResult.Sample) -> Bool {
        func fell(_ now: Int, _ before: Int) -> Bool {
            Double(before - now) > max(1, Self.leastFall * Double(before))
        }
        return fell(descriptors, least.descriptors) || fell(threads, least.threads)
            || fell(privateMemory, least.privateMemory)
    }

    /// The smaller of both readings, gauge by gauge.
    fileprivate func lower(than other: CheckResult.Sample) -> CheckResult.Sample {
        var lower = self
        lower.descriptors = min(descriptors, other.descriptors)
        lower.threads = min(threads, other.threads)
        lower.privateMemory = min(privateMemory, other.privateMemory)
        return lower
    }
}
