import Sockets
public import SystemCalls

/// Plays lifecycles against a target, many connections at a time, from one thread.
///
/// End it with `stop()`.
public final class PeerDriver: Sendable {
    private let loop: EventLoop
    private let numbers = ConnectionNumbers()

    /// How many connections one drive makes, and how.
    public struct Load: Sendable {
        /// Connections to make.
        public var connections: Int
        /// Connections at a time.
        public var concurrency: Int
        /// After this, no more are begun.
        public var limit: Duration
        /// The number of connections waiting to be accepted; nil if that cannot be known.
        ///
        /// Peers that leave without waiting for the target could overrun its accept queue, and the kernel would drop
        /// their SYNs; with this they wait for the queue to drain.
        public var acceptQueue: (@Sendable () -> Int?)?
        /// Called on the driver's thread with everything that the peers do and see; nil where nobody looks.
        public var trace: (@Sendable (TraceEvent) -> Void)?

        /// A load of so many connections.
        public init(
            connections: Int, concurrency: Int, limit: Duration = .seconds(30),
            acceptQueue: (@Sendable () -> Int?)? = nil, trace: (@Sendable (TraceEvent) -> Void)? = nil
        ) {
            self.connections = connections
            self.concurrency = concurrency
            self.limit = limit
            self.acceptQueue = acceptQueue
            self.trace = trace
        }
    }

    /// Starts the driver's thread.
    public init() throws(SystemCallError) {
        loop = try EventLoop(name: "peers")
    }

    /// Ends the driver's thread and every peer that is left.
    public func stop() {
        loop.stop()
    }

    /// Makes the connections of `load`, each playing `lifecycle`, and returns once the last has ended.
    ///
    /// Begins no more connections when the task is cancelled, when the load's limit has passed, or when so many in a
    /// row failed that the rest would too. A cancellation also ends the stay of peers that hold a connection, and all
    /// peers after a second; returns what was counted by then.
    public func drive(_ lifecycle: Lifecycle, _ script: PeerScript, _ load: Load) async -> DriveCounts {
        let loop = loop
        let drive = Drive(loop: loop, lifecycle: lifecycle, script: script, load: load, numbers: numbers)
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                loop.execute { drive.begin { continuation.resume(returning: $0) } }
            }
        } onCancel: {
            loop.execute { drive.cancel() }
        }
    }
}
