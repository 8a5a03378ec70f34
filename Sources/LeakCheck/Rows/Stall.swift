extension CheckResult {
    /// That a target stopped taking part while its process lived on.
    public struct Stall: Hashable, Sendable, Codable {
        /// What it no longer did.
        public enum Kind: String, Hashable, Sendable, Codable {
            /// Connections wait in the kernel's queue, and none is taken out of it.
            case accepting
            /// Connections are accepted, and nothing comes back on them.
            case answering
            /// Nobody else is served while one peer says nothing.
            case serving
        }

        /// What it no longer did.
        public var kind: Kind
        /// How many connections of the row came before.
        public var connections: Int
        /// Whether it took part again once it had been left alone for a while.
        public var hasRecovered: Bool
        /// How long it was left alone at most, in seconds.
        public var pauseSeconds: Double
        /// Whether a process of the target had as many descriptors open as it may.
        public var isOutOfDescriptors: Bool

        /// A stall after so many connections.
        public init(
            _ kind: Kind, after connections: Int, hasRecovered: Bool, pauseSeconds: Double, isOutOfDescriptors: Bool
        ) {
            self.kind = kind
            self.connections = connections
            self.hasRecovered = hasRecovered
            self.pauseSeconds = pauseSeconds
            self.isOutOfDescriptors = isOutOfDescriptors
        }
    }
}
