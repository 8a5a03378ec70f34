/// Scripts that a process of the target takes, in rounds: first some that are not judged, then three that are.
package struct Trial: Hashable, Sendable {
    /// What is played once, in this order, before the first round.
    package var predecessors: [SearchScript] = []
    /// What every round plays, in an order of chance.
    package var scripts: [SearchScript]
    /// Connections of each script in each round.
    package var connections: Int
    /// Whether it needs a process that has taken nothing before.
    package var isFresh: Bool

    /// Rounds that are judged.
    package static let rounds = 3
    /// Rounds before those: a process that has taken nothing yet fills its caches.
    package var warmUps: Int { isFresh ? 3 : 1 }

    /// A trial of `scripts`.
    package init(_ scripts: [SearchScript], after predecessors: [SearchScript] = [], connections: Int, isFresh: Bool) {
        (self.scripts, self.predecessors) = (scripts, predecessors)
        (self.connections, self.isFresh) = (connections, isFresh)
    }
}
