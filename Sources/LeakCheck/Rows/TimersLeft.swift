import HeapProbes

extension CheckResult {
    /// Timers that were set when a row began to rest: enough of them for connections to have left them.
    ///
    /// What they keep is given back when they fire, so what looks like a leak rests for as long.
    public struct TimersLeft: Hashable, Sendable, Codable {
        /// How many.
        public var count: Int
        /// How long after the last connection the last of them was due, but for a few that connections do not set, in seconds.
        public var dueSeconds: Double

        /// `count` timers, due within `dueSeconds`.
        public init(count: Int, dueSeconds: Double) {
            self.count = count
            self.dueSeconds = dueSeconds
        }

        /// What `connections` left of what is `pending` so long after the last of them, `idleSeconds`; nil where there are so few
        /// timers that a program has them without any.
        init?(_ pending: PendingTimers, connections: Int, idleSeconds: Double = 0) {
            let least = max(Self.leastCount, Int(Self.leastShare * Double(connections)))
            var later = 0
            for (seconds, count) in pending.counts.sorted(by: { $0.key > $1.key }) {
                later += count
                guard later >= least else { continue }
                self.init(count: pending.total, dueSeconds: idleSeconds + Double(seconds))
                return
            }
            return nil
        }

        /// Timers that a program may have by itself, and the share of connections that is worth waiting for.
        private static let (leastCount, leastShare) = (8, 0.02)
        /// A check does not wait for timers that are due later. What is kept for more than the longest is as bad as a leak.
        private static let (longestWait, longest) = (300.0, 3600.0)
        /// How much later than it is due a timer may fire, on a busy machine.
        private static let marginSeconds = 5.0

        /// How long a row must rest for them to have fired, in seconds.
        var restSeconds: Double { dueSeconds + Self.marginSeconds }

        /// Whether a check waits for them by itself.
        var isWaitedFor: Bool { dueSeconds <= Self.longestWait }

        /// Whether what they keep is kept for a time, and does not count as a leak.
        var mayGiveBack: Bool { dueSeconds <= Self.longest }
    }
}
