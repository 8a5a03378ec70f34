/// How a target treats peers that are connected and say nothing.
public struct StayObservation: Hashable, Sendable, Codable {
    /// Peers that answered its Pings (`idle/pong`).
    public var answering: DriveCounts
    /// Peers that answered nothing (`idle/no-pong`).
    public var unanswering: DriveCounts

    /// What was seen of both kinds of peer.
    public init(answering: DriveCounts, unanswering: DriveCounts) {
        self.answering = answering
        self.unanswering = unanswering
    }

    /// The shortest time from an upgrade to a Ping of the target; nil where none came.
    public var firstPingAfter: Duration? {
        [answering.firstPingAfter, unanswering.firstPingAfter].compactMap { $0 }.min()
    }

    /// How long the target kept the first peer that answered its Pings; nil where it kept all of them.
    ///
    /// That is its idle limit.
    public var idleLimit: Duration? { answering.firstLetGoAfter }

    /// How long the target kept TCP open for the first peer that answered nothing; nil where it kept all of them.
    ///
    /// Shorter than the idle limit where a heartbeat found out; the target's close limit is part of it, as its Close is not
    /// answered either.
    public var unansweredLimit: Duration? { unanswering.firstLetGoAfter }
}

extension PeerDriver {
    /// Holds `count` peers that answer Pings and as many that do not, each for at most `hold`, and says when the target
    /// pinged them and when it let go of them.
    ///
    /// Other drives may go on meanwhile. Returns early when the target has let go of all, and within a second or two of the
    /// task's cancellation, with what was seen by then.
    public func observe(
        _ script: PeerScript, count: Int = 4, hold: Duration = .seconds(75)
    ) async -> StayObservation {
        var script = script
        script.holdLimit = hold
        let load = Load(connections: count, concurrency: count)
        async let answering = drive(.idlePong, script, load)
        async let unanswering = drive(.idleNoPong, script, load)
        return await StayObservation(answering: answering, unanswering: unanswering)
    }
}
