package import Remedies

/// A search that is over, or as much of one as was carried out.
package struct SearchResult: Sendable {
    /// What was found, in the order of finding.
    package var findings: [SearchFinding] = []
    /// What was done.
    package var counts = SearchSchedule.Counts()
    /// Ways in which the target answered that could be told apart from outside.
    package var signatures = 0
    /// The scripts that showed them.
    package var kept: [SearchScript] = []
    /// The seed that repeats the search.
    package var seed: UInt64
    /// How long it took, and how much of that went into playing scripts and trying groups, in seconds.
    package var durationSeconds = 0.0
    package var searchingSeconds = 0.0
    /// What all of it went into.
    package var time = SearchTime()
    /// Time that it was given, in seconds.
    package var budgetSeconds: Double
    /// What was searched, and what runs it, in words.
    package var target = ""
    package var runtime = ""
    /// Names of what was read of the target.
    package var resources: [String] = []
    /// How long the target is known to keep something for a while, in seconds; 0 where nothing was seen.
    package var keptSeconds = 0.0
    /// What was being followed when the search ended; nil for nothing.
    package var unfollowed: Symptom?
    /// What ended it before its time.
    package var interruption: Interruption?
    /// Things that the reader should know.
    package var notes: [Problem] = []

    /// What ends a search before its time.
    package enum Interruption: Hashable, Sendable {
        /// The user.
        case interrupted
        /// The target cannot be started again, or reached; why.
        case targetLost(Problem)
    }

    /// Scripts a second while the search did nothing but search, and connections.
    package var scriptsPerSecond: Double { searchingSeconds > 0 ? Double(counts.scripts) / searchingSeconds : 0 }

    /// A result of nothing.
    package init(seed: UInt64, budgetSeconds: Double) {
        (self.seed, self.budgetSeconds) = (seed, budgetSeconds)
    }
}

/// What is going on, for a progress line.
package struct SearchProgress: Sendable {
    /// Seconds since the search began.
    package var seconds: Double
    package var counts: SearchSchedule.Counts
    package var signatures: Int
    package var findings: Int
    /// What is followed; nil where nothing is.
    package var suspicion: Symptom?
    /// Whether a row of the check decides.
    package var isConfirming: Bool
}

/// What is learned in a search, in order, for a record.
package enum SearchEvent: Sendable {
    /// The search begins: the target and the seed.
    case began(target: String, runtime: String, seed: UInt64)
    /// A script showed something new.
    case kept(SearchScript)
    /// A trial of so many scripts was carried out, and showed a symptom with an amount, or nothing.
    case tried(scripts: Int, symptom: Symptom?, amount: Double)
    /// Something was found.
    case found(SearchFinding, number: Int)
    /// The search is over.
    case ended(SearchResult)
}
