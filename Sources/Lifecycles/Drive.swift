import Sockets
import SystemCalls
import WebSocketProtocol

/// One drive, confined to the driver's loop.
final class Drive: @unchecked Sendable {
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

    /// How long peers may continue after a cancellation.
    private static let cancelLimit = Duration.seconds(1)
    /// How many connections are made between two looks at the accept queue.
    private static let queueCheckInterval = 16
    /// How long to wait if the accept queue is long.
    private static let queueWait = Duration.microseconds(500)
    /// With more connections than this waiting to be accepted, none is begun; half of the smallest backlog in common
    /// use.
    private static let queueBound = 32

    init(
        loop: EventLoop, lifecycle: Lifecycle, script: PeerScript, load: PeerDriver.Load, numbers: ConnectionNumbers
    ) {
        self.loop = loop
        self.lifecycle = lifecycle
        self.load = load
        supplies = PeerSupplies(lifecycle, script, numbers: numbers, trace: load.trace)
    }

    func begin(_ finished: @escaping (DriveCounts) -> Void) {
        self.finished = finished
        deadline = .now + load.limit
        supplies.rendezvous.arrived = { [unowned self] in releaseIfAllArrived() }
        fill()
    }

    /// Begins no more connections, ends stays, and ends the peers that do not end by themselves.
    func cancel() {
        mayBegin = false
        supplies.endStays()
        for peer in peers { peer.endStay() }
        _ = Timer(on: loop, after: Self.cancelLimit) { [self] in
            if finished == nil { return }
            for peer in peers { peer.loopEnds() }
        }
        fill()
    }

    /// The peers of this drive; those of others live on the same loop.
    private var peers: [Peer] {
        loop.channels.compactMap { $0 as? Peer }.filter { $0.supplies === supplies }
    }

    /// Begins connections up to the number that may be open at a time.
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
            counts.encryption = supplies.encryption
            counts.encryptionFailure = supplies.encryptionFailure
            let finished = finished.take()
            finished?(counts)
        }
    }

    /// Resumes the peers that wait for each other, once none can join them.
    private func releaseIfAllArrived() {
        let mayGrow = mayBegin && begun < load.connections && active < load.concurrency
        guard supplies.rendezvous.count > 0, supplies.rendezvous.count >= active, !mayGrow else { return }
        supplies.rendezvous.release()
    }

    private func start() {
        do throws(ClientRequestError) {
            let peer = try Peer(loop: loop, supplies: supplies) { [self] in
                ended($0, $1)
            }
            peer.begin()
        } catch {
            ended(.notAttempted("\(error)"), PeerNotes())
        }
    }

    private func ended(_ outcome: PeerOutcome, _ notes: PeerNotes) {
        active -= 1
        counts.add(outcome, notes)
        // A whole round of peers without a success: the next would only cost time.
        if counts.failuresAtEnd >= max(load.concurrency, 16) { mayBegin = false }
        // Within `fill`, the loop there continues.
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
