import LeakStatistics

extension CheckResult {
    /// That a target stopped taking part while its process lived on.
    public struct Stall: Hashable, Sendable, Codable {
        /// What it no longer did.
        public enum Kind: String, Hashable, Sendable, Codable {
            /// Connections wait in the kernel's queue, and none is taken out of it.
            case accepting
            /// Connections are accepted, and nothing comes back on them.
            case answering
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

        /// What happened, without saying in which row.
        public var remark: String {
            switch (kind, connections) {
            case (.accepting, 0): "the target accepted no connection"
            case (.answering, 0): "the target answered no connection within 5 s"
            case (.accepting, _): "the target stopped accepting connections after \(connections) of them"
            case (.answering, _): "the target stopped answering after \(connections) connections"
            }
        }

        /// What happened, what became of it, and what to do.
        public var statement: String {
            var sentences = ["\(remark), while its process lived on"]
            let seconds = Int(pauseSeconds.rounded())
            sentences.append(
                hasRecovered
                    ? "it took part again within \(seconds) s" : "it did not take part again within \(seconds) s")
            sentences.append(
                isOutOfDescriptors
                    ? "it has as many descriptors open as it may (ulimit -n): see what it leaves open"
                    : "a stack trace of its threads, taken then, tells what it waits for")
            return sentences.joined(separator: "; ")
        }
    }
}
