import Sockets
public import SystemCalls
import WebSocketProtocol

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
        /// When to begin no more.
        public var limit: Duration
        /// The number of connections waiting to be accepted, if that can be known; nil where it cannot.
        ///
        /// Peers that leave without waiting for the target could overrun its accept queue, and the kernel would drop
        /// their SYNs; with this they wait for the queue to be worked off.
        public var acceptQueue: (@Sendable () -> Int?)?

        /// A load of so many connections.
        public init(
            connections: Int, concurrency: Int, limit: Duration = .seconds(30),
            acceptQueue: (@Sendable () -> Int?)? = nil
        ) {
            self.connections = connections
            self.concurrency = concurrency
            self.limit = limit
            self.acceptQueue = acceptQueue
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
    /// Begins no more when the task is cancelled, when the load's limit has passed, or when so many in a row went wrong
    /// that the rest would too.
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

/// One drive, confined to the driver's loop.
private final class Drive: @unchecked Sendable {
    private let loop: EventLoop
    private let lifecycle: Lifecycle
    private let load: PeerDriver.Load
    private let supplies: PeerSupplies
    private var counts = DriveCounts()
    private var begun = 0
    private var active = 0
    private var mayBegin = true
    private var isFilling = false
    private var isWaitingForQueue = false
    private var deadline = MonotonicTime.never
    private var finished: ((DriveCounts) -> Void)?

    /// How long peers may go on after a cancellation.
    private static let cancelLimit = Duration.seconds(1)
    /// The accept queue is looked at once in so many connections.
    private static let queueCheckInterval = 16
    /// How long to wait when the accept queue is long.
    private static let queueWait = Duration.microseconds(500)
    /// Connections waiting to be accepted beyond which no more are begun; half of the smallest backlog in common use.
    private static let queueBound = 32

    init(
        loop: EventLoop, lifecycle: Lifecycle, script: PeerScript, load: PeerDriver.Load, numbers: ConnectionNumbers
    ) {
        self.loop = loop
        self.lifecycle = lifecycle
        self.load = load
        supplies = PeerSupplies(lifecycle, script, numbers: numbers)
    }

    func begin(_ finished: @escaping (DriveCounts) -> Void) {
        self.finished = finished
        deadline = .now + load.limit
        supplies.rendezvous.arrived = { [unowned self] in releaseIfAllArrived() }
        fill()
    }

    /// Begins no more, and ends those that are left when they do not end by themselves.
    func cancel() {
        mayBegin = false
        _ = Timer(on: loop, after: Self.cancelLimit) { [self] in
            if finished == nil { return }
            for case let peer as Peer in loop.channels { peer.loopEnds() }
        }
        fill()
    }

    /// Begins as many connections as may be open at a time.
    private func fill() {
        guard !isFilling, finished != nil else { return }
        isFilling = true
        defer { isFilling = false }
        while mayBegin, begun < load.connections, active < load.concurrency {
            if MonotonicTime.now > deadline {
                mayBegin = false
                break
            }
            if isWaitingForQueue || mustWaitForQueue() { break }
            begun += 1
            active += 1
            start()
        }
        releaseIfAllArrived()
        if active == 0 && (!mayBegin || begun == load.connections) {
            let finished = finished.take()
            finished?(counts)
        }
    }

    /// Lets the peers go on that wait for each other, once none can join them.
    private func releaseIfAllArrived() {
        let mayGrow = mayBegin && begun < load.connections && active < load.concurrency
        guard supplies.rendezvous.count > 0, supplies.rendezvous.count >= active, !mayGrow else { return }
        supplies.rendezvous.release()
    }

    private func start() {
        do throws(ClientRequestError) {
            let peer = try Peer(loop: loop, supplies: supplies) { [self] in
                ended($0)
            }
            peer.begin()
        } catch {
            ended(.notAttempted("\(error)"))
        }
    }

    private func ended(_ outcome: PeerOutcome) {
        active -= 1
        counts.add(outcome)
        // One round of peers without a single success: the next would only cost time.
        if counts.failuresAtEnd >= max(load.concurrency, 16) { mayBegin = false }
        // From within `fill` the loop there goes on.
        fill()
    }

    private func mustWaitForQueue() -> Bool {
        guard !lifecycle.waitsForTarget, begun.isMultiple(of: Self.queueCheckInterval),
            let length = load.acceptQueue?(), length > Self.queueBound
        else { return false }
        isWaitingForQueue = true
        _ = Timer(on: loop, after: Self.queueWait) { [self] in
            isWaitingForQueue = false
            fill()
        }
        return true
    }
}
