import Sockets
import SystemCalls
import WebSocketProtocol

/// One scripted connection: does what its lifecycle's steps say, and ends.
///
/// Confined to its loop. It owns one socket and a few hundred bytes; the read window is the loop's.
final class Peer: Channel, @unchecked Sendable {
    let supplies: PeerSupplies
    private var finished: ((PeerOutcome) -> Void)?
    @exclusivity(unchecked) var handshake: ClientHandshake
    @exclusivity(unchecked) var machine: WebSocketMachine
    /// Where the script stands, as an index into the lifecycle's steps.
    @exclusivity(unchecked) var step = 0
    /// The step whose limit is running; what else the target sends must not prolong it.
    @exclusivity(unchecked) var timedStep = -1
    @exclusivity(unchecked) private var isConnected = false
    @exclusivity(unchecked) var isUpgraded = false
    @exclusivity(unchecked) var hasClose = false
    @exclusivity(unchecked) var replies = 0
    @exclusivity(unchecked) var hasLastPong = false
    /// What is done with what the target sends.
    @exclusivity(unchecked) var attention = Attention.full
    /// Whether the target was given a reason to close, after which it may do so in any way.
    @exclusivity(unchecked) var hasProvoked = false
    @exclusivity(unchecked) var output = ByteQueue()
    /// What is still to come of a request that is sent a byte at a time.
    var trickle = ByteQueue()
    var trickleEnd = MonotonicTime.never
    /// This connection's number, from 1, among all that its driver makes.
    let number: Int
    /// Which of the addresses it comes from.
    private var source: Int?

    var script: PeerScript { supplies.script }
    var lifecycle: Lifecycle { supplies.lifecycle }

    enum Attention {
        /// Read, understood and answered.
        case full
        /// Read and dropped.
        case none
        /// Not read.
        case deaf
    }

    init(
        loop: EventLoop, supplies: PeerSupplies, finished: @escaping (PeerOutcome) -> Void
    ) throws(ClientRequestError) {
        self.supplies = supplies
        self.finished = finished
        number = supplies.numbers.next()
        handshake = try supplies.handshake(number: number)
        machine = WebSocketMachine(role: .client, maskingKeys: supplies.maskingKeys)
        super.init(loop: loop)
    }

    /// The step that is carried out; nil once all are.
    var currentStep: Lifecycle.Step? { step < lifecycle.steps.count ? lifecycle.steps[step] : nil }

    /// Connects; `finished` is called once, possibly before this returns.
    func begin() {
        do throws(SystemCallError) {
            try register(connection(), for: .writable)
            setDeadline(loop.turnStart + script.stepLimit)
        } catch {
            finish(.notAttempted("\(error)"))
        }
    }

    /// A socket on its way to the target, from the next source address where the ports of one are used up.
    private func connection() throws(SystemCallError) -> OwnedDescriptor {
        let sources = supplies.sources
        while true {
            let source = sources.take()
            do throws(SystemCallError) {
                let descriptor = try OwnedDescriptor.connecting(
                    to: script.address, from: sources.address(source),
                    receiveBufferBytes: lifecycle.receiveBufferBytes)
                self.source = source
                return descriptor
            } catch {
                sources.leave(source)
                guard error.isOutOfPorts, sources.advance() else { throw error }
            }
        }
    }

    override func ready(for readiness: Readiness) {
        if !isConnected {
            // Writable alone is connected; a failure is told as one.
            if !readiness.isDisjoint(with: [.hangup, .failed]),
                let failure = withDescriptor({ $0.connectFailure() }) ?? nil
            {
                return finish(.refused("\(failure)"))
            }
            isConnected = true
            wait(for: .readable)
            return advance()
        }
        if readiness.contains(.writable) { flush() }
        guard isRegistered, !readiness.isDisjoint(with: [.readable, .hangup, .failed]) else { return }
        if attention == .deaf { return deafReady(readiness) }
        if currentStep == .awaitUnread { return next() }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        switch receive(into: window) {
        case .bytes(let count): take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        case .wouldBlock: break
        case .endOfStream: streamEnded("the target ended the stream")
        case .failed(let error): streamEnded("\(error)")
        }
    }

    /// Whoever does not read learns of a reset only; the end of the stream waits behind what is unread.
    private func deafReady(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.hangup, .failed]) { streamEnded("the target reset the connection") }
    }

    override func deadlineReached() {
        switch currentStep {
        case nil: break
        case .hold: next()
        case .rendezvous:
            supplies.rendezvous.leave(self)
            next()
        case .trickleRequest: trickleOn()
        // A server that keeps TCP open after the closing handshake has still closed the WebSocket connection.
        case .awaitEnd: next()
        case let step?: finish(isConnected ? .stalled(step) : .refused("no answer to the TCP connect"))
        }
    }

    override func loopEnds() {
        finish(.broken("the drive was ended"))
    }

    func next() {
        step += 1
        advance()
    }

    private func take(_ input: UnsafeMutableRawBufferPointer) {
        var position = 0
        var span = input.mutableBytes
        if !isUpgraded {
            if currentStep == .awaitRefusal { return takeRefusal(span.bytes) }
            switch handshake.receive(span.bytes, at: &position) {
            case .needsMore: return
            case .failed(.refused(let head)):
                return finish(.refused(head.refusal))
            case .failed(let failure): return finish(.broken("\(failure)"))
            case .complete(let accepted):
                guard upgrade(accepted.deflate) else { return finish(.uncompressed) }
            }
        }
        // A reply may come with the 101, before the script has come to the point where it no longer listens.
        if attention == .full {
            while let event = machine.next(in: &span, at: &position, replies: &output) {
                switch event {
                case .message: replies += 1
                case .ping: break
                case .pong(let payload): notePong(payload)
                case .close: hasClose = true
                case .failure(let failure): return finish(.broken("\(failure)"))
                }
            }
        }
        advance()
    }

    private func notePong(_ payload: WebSocketMachine.Payload) {
        let count =
            switch payload {
            case .input(let range): range.count
            case .assembled: machine.takeAssembled().count
            }
        if count == Self.lastPing.utf8.count { hasLastPong = true }
    }

    /// Any answer but 101 refuses.
    private func takeRefusal(_ input: RawSpan) {
        var position = 0
        switch handshake.receive(input, at: &position) {
        case .needsMore: break
        case .failed: next()
        case .complete: finish(.accepted)
        }
    }

    /// The handshake is complete; false when the target did not agree to what the lifecycle insists on.
    private func upgrade(_ agreement: DeflateAgreement?) -> Bool {
        isUpgraded = true
        guard lifecycle.isCompressed else { return true }
        guard var agreement else { return false }
        // The target may expect references to earlier messages; none has to come. One compressor then serves all peers.
        agreement.localContextTakeover = false
        machine = WebSocketMachine(
            role: .client, maskingKeys: supplies.maskingKeys, deflate: agreement, contexts: supplies.contexts)
        return true
    }

    private func streamEnded(_ problem: String) {
        switch currentStep {
        case nil: break
        case .awaitEnd, .hold, .awaitRefusal, .trickleRequest: next()
        case .awaitClose where hasProvoked: next()
        case let step?: finish(.broken("\(problem) (\(step))"))
        }
    }

    func flush() {
        while !output.isEmpty {
            let result = output.withUnsafeBytes { send($0) }
            switch result {
            case .bytes(let count): output.removeFirst(count)
            case .wouldBlock: return wait(for: attention == .deaf ? .writable : [.readable, .writable])
            case .failed(let error): return sendFailed(error)
            }
        }
        output.removeAll(keepingCapacity: false)
        wait(for: attention == .deaf ? [] : .readable)
    }

    /// The target has closed while it was still being sent to. Where it may, that is the step's end.
    private func sendFailed(_ error: SystemCallError) {
        output.removeAll(keepingCapacity: false)
        switch currentStep {
        case .hold, .awaitRefusal, .awaitEnd, .leaveWithFIN, .leaveWithReset: break
        case .awaitClose where hasProvoked: break
        default: finish(.broken("\(error)"))
        }
    }

    func finish(_ outcome: PeerOutcome) {
        guard let finished = finished.take() else { return }
        if currentStep == .rendezvous { supplies.rendezvous.leave(self) }
        closeDescriptor()
        if let source = source.take() { supplies.sources.leave(source) }
        finished(outcome)
    }
}
