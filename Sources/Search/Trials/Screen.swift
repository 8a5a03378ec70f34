package import LeakStatistics
package import Lifecycles

/// New scripts that a process of the target takes together, in one round: most of them do nothing worth a trial, and one
/// reading says so of all.
package struct Screen: Hashable, Sendable {
    /// What is played, each script once at first to see what the target shows.
    package var scripts: [SearchScript]
    /// Scripts of a group in which they are tried if the screen shows something: as attentive is the screen.
    package var groupSize: Int
    /// Connections of each script in each round.
    package var connections: Int
    /// Whether it needs a process that has taken nothing before.
    package var isFresh: Bool

    /// A screen of `scripts`.
    package init(_ scripts: [SearchScript], groupSize: Int, connections: Int, isFresh: Bool) {
        (self.scripts, self.groupSize) = (scripts, groupSize)
        (self.connections, self.isFresh) = (connections, isFresh)
    }
}

/// What came of a screen.
package struct ScreenResult: Sendable {
    /// What the target showed to each script; nil where it was not played.
    package var answers: [AnswerReader.Answer?]
    /// What broke RFC 6455, with the index of the script that it answered.
    package var violations: [(script: Int, violation: ProtocolViolation)] = []
    /// The levels after each round, by resource.
    package var levels: [[Resource: Double]] = []
    /// The levels after a rest that follows the last round; nil where there was none.
    package var rested: [Resource: Double]?
    /// How the target failed; nil where it did not.
    package var failure: TrialResult.Failure?
    /// Connections that were made in all.
    package var connections = 0

    /// Nothing read of so many scripts.
    package init(scripts: Int) { answers = Array(repeating: nil, count: scripts) }

    /// Whether a script waited in vain when it was played.
    package func hasStalled(_ script: Int) -> Bool { answers[script]?.signature.isStalled ?? false }
}
