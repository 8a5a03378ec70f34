import SystemCalls

/// A row that rests.
extension CheckSchedule.Row {
    /// A pause after the first waits so much longer than what the first gave back took, and a second besides.
    private static let releaseMargin = 1.5
    /// How long a rest may be in which nothing is suspected; what is kept for longer is suspected then.
    private static let longestRestInDoubt = Duration.seconds(30)
    /// How much later each reading of the probes comes than the one before.
    private static let probingFactor = 1.5
    /// How many times as long as a reading takes none follows, for one row and for each of those that rest.
    private static let (timesOfCost, timesOfCostTogether) = (10, 2)

    /// How long the row must rest.
    func requiredRest(_ pause: Duration) -> Duration {
        if restsInDoubt { return min(pause, Self.longestRestInDoubt) }
        let pause = max(pause, timerRest)
        guard pauses > 0, !needsLongerPause, let lastFall else { return pause }
        return min(pause, max(.seconds(2), lastFall * Self.releaseMargin + .seconds(1)))
    }

    /// Whether the probes of a row that rests with others, `resting` in all, are to be read again: ever more rarely, for a tenth
    /// of the time at most, and for half of it for all of them together.
    func mustProbe(at now: MonotonicTime, resting: Int) -> Bool {
        let idle = now - idleSince
        guard probedAfter > .zero else { return idle >= .seconds(1) }
        let pause = max(Self.timesOfCost, Self.timesOfCostTogether * resting)
        return idle >= max(probedAfter * Self.probingFactor, probedAfter + probeCost * pause)
    }

    /// The probes of a resting row were read.
    mutating func didProbe(at now: MonotonicTime) { probedAfter = now - idleSince }

    /// The pause that is over was too short for the leak that it shows: the row rests on.
    mutating func restOn() {
        state = .resting
        restsInDoubt = false
    }
}
