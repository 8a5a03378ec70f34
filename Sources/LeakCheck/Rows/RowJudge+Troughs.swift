import LeakStatistics

/// What pauses say of a gauge.
extension RowJudge {
    /// Holds the judgment against what the pauses say.
    func confirm(
        _ judgment: inout Judgment, _ row: RowMeasurement, _ scale: GrowthScale, _ course: Course
    ) {
        guard let troughs = judgment.troughs else { return }
        switch troughs.standing {
        case .awaiting: judgment.assessment = .unconfirmed
        case .needsPause: judgment.assessment = .suspect
        case .unsteady(let least, let most): judgment.assessment = .undecided(.unsteady(least: least, most: most))
        case .confirmed:
            let kept = Self.keptSeconds(row, troughs)
            let required = requiredPause(row)
            if kept < required - Self.pauseTolerance {
                judgment.assessment = .undecided(.pauseMissing(keptSeconds: kept, requiredSeconds: required))
            } else if let timers = awaitedTimers(row), kept < timers.restSeconds - Self.pauseTolerance {
                judgment.assessment = .undecided(
                    .timersPending(keptSeconds: kept, timers: timers.count, dueSeconds: timers.dueSeconds))
            } else if !troughs.decidesAmount && !isBeyondChance(judgment.estimate, scale) {
                judgment.assessment = .undecided(.byChance(verdicts: rules.verdicts))
            } else {
                judgment.assessment = .leak
            }
        case .ended: clear(&judgment, row, scale, course, troughs)
        }
    }

    /// How long the pause must be for what is kept through it to be called a leak, in seconds: until the timers that connections
    /// left have fired, unless the user chose another.
    func requiredPause(_ row: RowMeasurement) -> Double {
        guard !rules.isPauseChosen, let timers = row.timers, timers.isWaitedFor else { return rules.pauseSeconds }
        return max(rules.pauseSeconds, timers.restSeconds)
    }

    /// The timers that may give back what looks like a leak, and that a check does not wait for.
    private func awaitedTimers(_ row: RowMeasurement) -> CheckResult.TimersLeft? {
        guard !rules.isPauseChosen, let timers = row.timers else { return nil }
        return timers.mayGiveBack && !timers.isWaitedFor ? timers : nil
    }

    /// How long what shows a leak was kept: through the longest pause after the drives that left it, in seconds.
    static func keptSeconds(_ row: RowMeasurement, _ troughs: Troughs) -> Double {
        row.pausesSeconds.dropFirst(troughs.firstOfLeak).max() ?? 0
    }

    /// How much shorter than required a pause may be by the time its readings take.
    private static let pauseTolerance = 0.5

    /// What is said of a gauge whose last drive left nothing that matters.
    private func clear(
        _ judgment: inout Judgment, _ row: RowMeasurement, _ scale: GrowthScale, _ course: Course, _ troughs: Troughs
    ) {
        if let open = course.drives.last, scale.isReused, open.trough == nil, !troughs.hasReleased,
            open.connections > (course.drives.dropLast().map(\.connections).max() ?? 0),
            case .suspect = Self.judgment(open.series, scale).assessment
        {
            // It grows again beyond what the drives before have left room for: only another pause tells.
            judgment.assessment = .suspect
            return
        }
        let bound = min(judgment.estimate?.largestHidden ?? .infinity, troughs.largestHidden)
        judgment.bound = bound.isFinite ? bound : nil
        if bound <= scale.required {
            judgment.assessment = .clean(isTight: true)
        } else if case .suspect = judgment.assessment {
            judgment.assessment = .undecided(.stopped(pauseSeconds: row.longestPauseSeconds ?? 0))
        } else if scale.isReused {
            judgment.assessment = .undecided(.roomLeft(bound: bound))
        }
    }

    private func isBeyondChance(_ estimate: GrowthEstimate?, _ scale: GrowthScale) -> Bool {
        guard let estimate else { return false }
        return estimate.isPersistent(above: scale.effect(over: estimate.connections), among: rules.verdicts)
    }
}
