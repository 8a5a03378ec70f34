extension CheckResult {
    /// What became of peers that told the target that their connections were over, and then stayed.
    public struct HeldPeers: Hashable, Sendable, Codable {
        /// How long a target may keep such a connection, in seconds: asyncio and uvloop wait 30 s for close_notify.
        public static let limitSeconds = 35.0

        /// How many stayed.
        public var peers: Int
        /// How many the target let go of.
        public var letGo: Int
        /// How long they stayed at most, in seconds.
        public var seconds: Double
        /// How long after the beginning of their stay the target let go of the last that it did let go of, in seconds.
        public var lastLetGoSeconds: Double?

        /// So many peers, of which the target let go of so many within so many seconds.
        public init(peers: Int, letGo: Int, seconds: Double, lastLetGoSeconds: Double? = nil) {
            self.peers = peers
            self.letGo = letGo
            self.seconds = seconds
            self.lastLetGoSeconds = lastLetGoSeconds
        }

        /// How many it kept to the end.
        public var kept: Int { max(0, peers - letGo) }

        /// The part of them that must be kept for it to be no accident.
        private static let leastKeptShare = 1.0 / 16

        /// Whether it keeps such peers, as far as was seen.
        var areKept: Bool { kept > 0 && Double(kept) >= Self.leastKeptShare * Double(peers) }

        /// How much sooner than the limit a stay may have ended.
        private static let tolerance = 0.5

        /// Whether they stayed for as long as a target may take.
        var isConclusive: Bool { !areKept || seconds >= Self.limitSeconds - Self.tolerance }
    }
}
