import ProcessResources

/// The processes of a target from reading to reading, and which of those that served have ended.
///
/// What a process held goes with it, unseen; so where one that served has ended, nobody knows what leaked. A process
/// served if it lived through two readings between which connections were made, and worked meanwhile: a shell that waits
/// does not, nor one that only started the server. Where processes come and go in number like the connections, as under
/// inetd, each is a part of its connection, also if it lingers for a while after it.
package struct MembersSeen: Sendable {
    /// A process at a reading.
    struct Member: Hashable, Sendable {
        var identity: ProcessIdentity
        /// How long it has run on processors so far.
        var processorTime: Duration
    }

    /// Processes that served and have ended, and those that have come since.
    package struct Replacement: Hashable, Sendable {
        package var ended: [Int32]
        package var fresh: [Int32]
    }

    fileprivate struct Life {
        /// The reading at which it was first seen, and connections before that.
        var appearedAt: Int
        var connectionsBefore: Int
        var processorTimeBefore: Duration
        var hasServed = false
    }

    /// The processes at the last reading.
    private var lives: [ProcessIdentity: Life] = [:]
    /// Those that served and have ended, until they are reported; with the reading at which they were missed.
    private var ended: [(pid: Int32, missedAt: Int)] = []
    private var readings = 0
    private var connections = 0
    /// Processes that have come since the first reading.
    private var appeared = 0
    /// Whether what came with each reading came in number like its connections.
    private var isPerConnection: [Bool] = []

    /// Connections for each process that comes, up to which processes come like connections.
    private static let connectionsPerProcess = 20
    /// What serving takes at least: for each of the connections, which it may share with many others, and in all.
    fileprivate static let (leastPerConnection, leastWork) = (Duration.microseconds(1), Duration.microseconds(100))

    /// Begins anew, before the connections of a row.
    mutating func begin(_ present: [Member]) {
        self = MembersSeen()
        _ = note(present, connections: 0)
    }

    /// Notes who is `present` after so many `connections` since the beginning; says so, once, where some that served have
    /// ended.
    mutating func note(_ present: [Member], connections total: Int) -> Replacement? {
        let made = total - connections
        var next: [ProcessIdentity: Life] = [:]
        for member in present {
            let known = lives[member.identity]
            next[member.identity] =
                known?.going(on: member, connections: total)
                ?? Life(appearedAt: readings, connectionsBefore: total, processorTimeBefore: member.processorTime)
        }
        let coming = next.values.count { $0.appearedAt == readings }
        isPerConnection.append(readings > 0 && Self.isPerConnection(coming, of: made))
        for (identity, life) in lives where next[identity] == nil && life.hasServed && !isPerConnection[life.appearedAt]
        {
            ended.append((identity.pid, readings))
        }
        if readings > 0 { appeared += coming }
        lives = next
        connections = total
        readings += 1
        return replacement
    }

    /// What has ended, unless all in all processes come like connections: then what is left of them stays in doubt.
    private var replacement: Replacement? {
        mutating get {
            guard let first = ended.map(\.missedAt).min(), !Self.isPerConnection(appeared, of: connections) else {
                return nil
            }
            let fresh = lives.filter { $0.value.appearedAt >= first }.map(\.key.pid).sorted()
            defer { ended = [] }
            return Replacement(ended: ended.map(\.pid).sorted(), fresh: fresh)
        }
    }

    private static func isPerConnection(_ processes: Int, of connections: Int) -> Bool {
        processes > 0 && connections > 0 && processes * connectionsPerProcess >= connections
    }
}

extension MembersSeen.Life {
    /// The same process at a later reading.
    fileprivate func going(on member: MembersSeen.Member, connections: Int) -> Self {
        var life = self
        let least = max(
            MembersSeen.leastWork, MembersSeen.leastPerConnection * (connections - connectionsBefore))
        if connections > connectionsBefore && member.processorTime - processorTimeBefore >= least {
            life.hasServed = true
        }
        return life
    }
}
