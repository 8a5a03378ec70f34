import Glibc
import Remedies
import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

/// One scripted connection: carries out its lifecycle's steps, and ends.
///
/// Confined to its loop. It owns one socket and a few hundred bytes; the read window is the loop's.
final class Peer: Channel, @unchecked Sendable {
    let supplies: PeerSupplies
    private var finished: ((PeerOutcome, PeerNotes) -> Void)?
    @exclusivity(unchecked) var handshake: ClientHandshake
    @exclusivity(unchecked) var machine: WebSocketMachine
    /// The script's position, as an index into the steps of the supplies.
    @exclusivity(unchecked) var step = 0
    /// The step whose limit is running; other input must not prolong it.
    @exclusivity(unchecked) var timedStep = -1
    @exclusivity(unchecked) var isConnected = false
    /// Whether the TLS handshake is under way.
    @exclusivity(unchecked) var isSecuring = false
    /// What passes over the socket.
    @exclusivity(unchecked) var wire = Wire.application
    /// Whether a polite end goes without close_notify.
    @exclusivity(unchecked) var withholdsCloseNotify = false
    @exclusivity(unchecked) var isUpgraded = false
    @exclusivity(unchecked) var upgradedAt = MonotonicTime.never
    /// When the peer's stay began, if it has one.
    @exclusivity(unchecked) var stayBegan = MonotonicTime.never
    /// The code of the target's Close frame, once it has arrived.
    @exclusivity(unchecked) var closeCode: CloseCode?
    /// The error of sending, once the target has ended the connection; what it sent before is still read.
    @exclusivity(unchecked) var sendFailure: SystemCallError?
    @exclusivity(unchecked) var notes = PeerNotes()
    @exclusivity(unchecked) var replies = 0
    /// How many messages of the exchange were sent.
    @exclusivity(unchecked) var messagesSent = 0
    @exclusivity(unchecked) var hasLastPong = false
    /// How input from the target is treated.
    @exclusivity(unchecked) var attention = Attention.full
    /// Whether the target was given a reason to close; it may then do so in any way.
    @exclusivity(unchecked) var hasProvoked = false
    @exclusivity(unchecked) var output = ByteQueue()
    /// The unsent rest of a request that is sent a byte at a time.
    var trickle = ByteQueue()
    var trickleEnd = MonotonicTime.never
    /// The request over HTTP that is under way on a connection of its own; nil otherwise.
    var call: HTTPCall?
    /// What came, where the steps wait for certain messages.
    let dialogue: Dialogue?
    /// The step that was traced last.
    private var tracedStep = -1
    private var begunAt = MonotonicTime.never
    /// This connection's number, from 1, among all that its driver makes.
    let number: Int
    /// Which source address it comes from.
    private var source: Int?

    var script: PeerScript { supplies.script }
    var lifecycle: Lifecycle { supplies.lifecycle }

    enum Attention {
        /// Read, parsed and answered.
        case full
        /// Read and dropped.
        case none
        /// Not read.
        case deaf
    }

    init(
        loop: EventLoop, supplies: PeerSupplies, finished: @escaping (PeerOutcome, PeerNotes) -> Void
    ) throws(ClientRequestError) {
        self.supplies = supplies
        self.finished = finished
        number = supplies.numbers.next()
        dialogue = supplies.hasDialogue ? Dialogue() : nil
        let number = number
        handshake = try supplies.handshake { supplies.script.value($0, supplies.lifecycle, number: number) }
        machine = WebSocketMachine(role: .client, maskingKeys: supplies.maskingKeys)
        super.init(loop: loop)
    }

    /// The current step; nil after the last.
    var currentStep: Lifecycle.Step? { step < supplies.steps.count ? supplies.steps[step] : nil }

    /// Connects; `finished` is called once, possibly before this returns.
    func begin() {
        begunAt = .now
        if lifecycle.needsTLS, script.encryption == nil { return finish(.notAttempted(Self.needsTLS)) }
        supplies.stepsBeforeConnection > 0 ? prepare() : connect(within: script.stepLimit)
    }

    /// Connects for the current step, to be done with it after `limit`.
    func connect(within limit: Duration) {
        do throws(SystemCallError) {
            try register(connection(), for: .writable)
            setDeadline(loop.turnStart + limit)
        } catch {
            finish(.notAttempted("\(error)"))
        }
    }

    /// A socket connecting to the target, from the next source address if the ports of one are used up.
    private func connection() throws(SystemCallError) -> OwnedDescriptor {
        let sources = supplies.sources
        while true {
            let source = sources.take()
            do throws(SystemCallError) {
                let descriptor = try OwnedDescriptor.connecting(
                    to: script.address, from: sources.address(source),
                    receiveBufferBytes: call == nil ? lifecycle.receiveBufferBytes : nil)
                self.source = source
                return descriptor
            } catch {
                sources.leave(source)
                guard error.isOutOfPorts, sources.advance() else { throw error }
            }
        }
    }

    /// Gives back what the connection took; the next may begin.
    func endConnection() {
        closeDescriptor()
        isConnected = false
        if let source = source.take() { supplies.sources.leave(source) }
    }

    override func ready(for readiness: Readiness) {
        if !isConnected {
            // Writable alone means connected; a failure has its own flags.
            if !readiness.isDisjoint(with: [.hangup, .failed]),
                let failure = withDescriptor({ $0.connectFailure() }) ?? nil
            {
                return finish(.refused("\(failure)"))
            }
            isConnected = true
            if supplies.trace != nil { trace(.connected) }
            wait(for: .readable)
            guard !beginEncryption() else { return }
            return call == nil ? advance() : flush()
        }
        if isSecuring { return secure() }
        if call != nil { return callReady(readiness) }
        if readiness.contains(.writable) {
            flush()
            if isRegistered, currentStep?.isLeaving == true { return advance() }
        }
        guard isRegistered, !readiness.isDisjoint(with: [.readable, .peerHalfClosed, .hangup, .failed]) else { return }
        if attention == .deaf { return deafReady(readiness) }
        if currentStep == .awaitUnread, encryption == nil { return next() }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        let result = receive(into: window)
        if currentStep == .awaitUnread, result != .wouldBlock {
            // Only what was decrypted is an answer: a session's tickets come unasked.
            next()
            guard isRegistered else { return }
        }
        switch result {
        case .bytes(let count, _): take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        case .wouldBlock: break
        case .endOfStream: streamEnded(.endOfStream)
        case .failed(let error): streamEnded(.failed(error))
        case .encryptionFailed: encryptionFailed()
        }
    }

    /// A peer that does not read learns of the end from the kernel; in the stream it is behind unread bytes.
    private func deafReady(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.hangup, .failed]) {
            streamEnded(.failed(SystemCallError(.recv, errno: ECONNRESET)))
        } else if readiness.contains(.peerHalfClosed) {
            streamEnded(.endOfStream)
        }
    }

    override func deadlineReached() {
        guard isConnected else { return finish(.refused("no answer to the TCP connect")) }
        if isSecuring { return finish(.stalled(.tls(.handshake(.ordinary)))) }
        if call != nil { return callOverdue() }
        switch currentStep {
        case nil: break
        case .hold, .holdFor, .stay: next()
        case .rendezvous:
            supplies.rendezvous.leave(self)
            next()
        case .trickleRequest: trickleOn()
        // A server that keeps TCP open after the closing handshake has still closed the WebSocket connection.
        case .awaitEnd: next()
        case let step?:
            if step.isExpectation {
                notes.latestMessage = dialogue?.latest.map { Self.excerpt(of: $0) } ?? "no message came"
            }
            finish(.stalled(step))
        }
    }

    override func loopEnds() {
        finish(.broken("the drive was ended"))
    }

    /// Ends a stay as if its limit were reached; no effect on a peer that does not stay.
    func endStay() {
        guard isConnected, isRegistered, currentStep?.isStay == true else { return }
        next()
    }

    func next() {
        endStep()
        advance()
    }

    /// Tells whoever looks what happened.
    func trace(_ kind: TraceEvent.Kind) {
        supplies.trace?(TraceEvent(connection: number, time: begunAt.elapsed, kind: kind))
    }

    /// Tells whoever looks that a step begins.
    func traceStep(_ current: Lifecycle.Step) {
        guard tracedStep != step else { return }
        tracedStep = step
        trace(.step(ScriptPrinter.text(of: current)))
    }

    /// Reports the outcome, once, and releases all that the peer owns.
    func finish(_ outcome: PeerOutcome) {
        guard let finished = finished.take() else { return }
        if currentStep == .rendezvous { supplies.rendezvous.leave(self) }
        // What fails before the target is asked is not about the opening.
        let hasAsked = call == nil || isConnected && !isSecuring
        if outcome != .completed, hasAsked { notes.openingStep = supplies.openingStep(step) }
        endConnection()
        call = nil
        if supplies.trace != nil {
            trace(.ended(problem: outcome.problem?.with(notes.latestMessage)))
        }
        finished(outcome, notes)
    }
}
