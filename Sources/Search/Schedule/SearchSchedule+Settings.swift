package import SystemCalls

extension SearchSchedule {
    /// What the user asked for.
    package struct Settings: Sendable {
        /// When the search began.
        package var start: MonotonicTime
        /// Time for it.
        package var budget: Duration
        /// How long an investigation may go on after that.
        package var overrun: Duration
        /// Scripts of a group.
        package var groupSize = 64
        /// Connections of each script in each round.
        package var connections = 8
        /// Connections of one that is alone.
        package var lonelyConnections = 64
        /// Scripts of the largest screen; the smallest has as many as a group.
        package var screenSize = 256
        /// Screens and groups that a process takes before another takes its place.
        package var groupsOfProcess = 16
        /// Defects after which enough is found; what breaks RFC 6455 or is in doubt is none.
        package var mostFindings = 20

        /// The settings of a search that begins at `start`.
        package init(start: MonotonicTime, budget: Duration, overrun: Duration) {
            (self.start, self.budget, self.overrun) = (start, budget, overrun)
        }
    }

    /// What has been done so far.
    package struct Counts: Hashable, Sendable {
        /// Scripts played, each once counted.
        package var scripts = 0
        /// Connections made.
        package var connections = 0
        /// Screens driven, and those of them whose scripts were tried in groups.
        package var screens = 0
        package var followedScreens = 0
        /// Groups tried, and trials in all.
        package var groups = 0
        package var trials = 0
        /// Groups that showed something, and groups that did so and were tried again as neither half did.
        package var suspects = 0
        package var secondChances = 0
        /// Suspects that were nothing: noise, or given back in the pause of a check.
        package var refuted = 0
    }
}
