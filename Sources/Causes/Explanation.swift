public import Remedies

/// What was learned of the causes of one row's leak, in a run of its own.
public struct Explanation: Hashable, Sendable, Codable {
    /// Why there is none, and what to do.
    public struct Failure: Error, Hashable, Sendable, Codable, Problematic, CustomStringConvertible {
        /// What went wrong.
        public var reason: Problem
        /// What to do about it; nil where nothing helps.
        public var remedy: String?

        /// A failure for `reason`.
        public init(_ reason: String, remedy: String? = nil) {
            self.init(Problem(reason), remedy: remedy)
        }

        /// A failure for a `problem` that may have remedies of its own.
        public init(_ problem: Problem, remedy: String? = nil) {
            reason = problem
            self.remedy = remedy
        }

        /// The reason, and the remedy behind it.
        public var problem: Problem { remedy.map { "\(reason); \($0)" } ?? reason }
        /// The same without the remedies of the reason.
        public var description: String { problem.description }
    }

    /// Where the snapshots came from; nil where there are none.
    public var source: String?
    /// The connections of each interval that went the lifecycle's way.
    public var connections: [Int] = []
    /// What each connection leaves, the largest first.
    public var causes: [Cause] = []
    /// Which part of the row's leak the causes account for, from 0 to 1; nil where that is not known.
    public var explainedShare: Double?
    /// What the causes lack, and what to do about it; nil where nothing is missing.
    public var note: Problem?
    /// Why it could not be explained; nil where it was, or where no cause was found.
    public var failure: Failure?

    /// An explanation of what `connections` left, read from `source`.
    public init(source: String, connections: [Int], causes: [Cause]) {
        self.source = source
        self.connections = connections
        self.causes = causes
    }

    /// None, for `failure`.
    public init(failure: Failure) { self.failure = failure }
}
