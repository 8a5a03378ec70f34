/// How a target treats peers that are connected and send nothing.
public struct StayObservation: Hashable, Sendable, Codable {
    /// Peers that answered its Pings (`idle/pong`).
    public var answering: DriveCounts
    /// Peers that answered nothing (`idle/no-pong`).
    public var unanswering: DriveCounts

    /// The counts of both kinds of peer.
    public init(answering: DriveCounts, unanswering: DriveCounts) {
        self.answering = answering
        self.unanswering = unanswering
    }

    /// The shortest time from an upgrade to a Ping of the target; nil if none came.
    public var firstPingAfter: Duration? {
        [answering.firstPingAfter, unanswering.firstPingAfter].compactMap { $0 }.min()
    }

    /// How long the target kept the first peer that answered its Pings; nil if it kept all of them.
    ///
    /// That is its idle limit.
    public var idleLimit: Duration? { answering.firstLetGoAfter }

    /// How long the target kept TCP open for the first peer that answered nothing; nil if it kept all of them.
    ///
    /// Shorter than the idle limit if a heartbeat detected it. It includes the target's close limit, because its Close
    /// is not answered either.
    public var unansweredLimit: Duration? { unanswering.firstLetGoAfter }
}

extension PeerDriver {
    /// Holds `count` peers that answer Pings and as many that do not, each for at most `hold`, and returns when the
    /// target pinged them and when it released them.
    ///
    /// Other drives may go on meanwhile. Returns early if the target has released all, and within a second or two of
    /// the task's cancellation, with what was seen by then.
    public func observe(
        _ script: PeerScript, count: Int = 4, hold: Duration = .seconds(75)
    ) async -> StayObservation {
        var staying = script
        staying.holdLimit = hold
        let script = staying
        let load = Load(connections: count, concurrency: count)
        async let answering = drive(.idlePong, script, load)
        async let unanswering = drive(.idleNoPong, script, load)
        return await StayObservation(answering: answering, unanswering: unanswering)
    }
}
