import Glibc
public import Managers
public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A WebSocket connection on its event loop, server or client: the protocol machine driven over a socket.
///
/// Confined to the thread of its loop: call its methods from `ConnectionHandler` callbacks or within
/// `loop.execute { … }`. Input is parsed where it was received, replies are gathered and sent once per turn.
///
/// The thread alone keeps accesses from overlapping, so they are not checked at run time. State that is borrowed out,
/// such as the machine to itself and the cork to the machine, goes to code without callbacks.
public final class Connection: Channel, @unchecked Sendable {
    enum Phase: Hashable {
        /// A TCP connect is under way.
        case connecting
        /// The opening handshake is under way.
        case handshaking
        case open
        /// A planned fault has occurred: what was sent before it still leaves, nothing else passes in either direction.
        case failing
        /// Our Close is sent; we await the peer's.
        case closing
        /// All output is sent; we await the end of the stream, so that no unread byte turns our FIN into a reset.
        case draining
        case closed
    }

    /// Which side of the connection this is.
    public let role: Role
    private let sharedLimits: SharedLimits
    var limits: ConnectionLimits { sharedLimits.limits }
    let buffers: LoopBuffers
    @exclusivity(unchecked) var machine: WebSocketMachine
    @exclusivity(unchecked) var phase: Phase
    @exclusivity(unchecked) var opening: (any Opening)?
    @exclusivity(unchecked) var handler: (any ConnectionHandler)?
    weak var owner: (any ConnectionOwner)?
    /// Injected faults below the WebSocket layer; nil except in tests.
    @exclusivity(unchecked) private(set) var faults: FaultInjector?
    /// Output that the kernel has not taken yet.
    @exclusivity(unchecked) var backlog = ByteQueue()
    /// Input that was received and not yet parsed when the handler paused.
    @exclusivity(unchecked) var parked = ByteQueue()
    /// The unparsed part of the loop's read window while this connection owns it.
    @exclusivity(unchecked) var remainder = 0..<0
    @exclusivity(unchecked) var isPaused = false
    /// Whether a task got a message that it has yet to take, or to act on in this step.
    @exclusivity(unchecked) var isHeldForTask = false
    @exclusivity(unchecked) var isHeldBack = false
    @exclusivity(unchecked) var isProcessing = false
    /// Whether the last read took everything that the kernel had.
    @exclusivity(unchecked) var isInputDrained = false
    /// Whether the peer's FIN was read while there was still something to send.
    @exclusivity(unchecked) var isInputEnded = false
    /// Whether the FIN comes alone, with nothing before it where bytes are encrypted.
    @exclusivity(unchecked) var endsBare = false
    @exclusivity(unchecked) var isAwaitingPong = false
    @exclusivity(unchecked) var isRefused = false
    /// The outcome, already decided while the stream drains.
    @exclusivity(unchecked) var decided: CloseOutcome?
    @exclusivity(unchecked) var lastReceived: MonotonicTime
    /// Bytes of buffers here, as last reported to the owner.
    @exclusivity(unchecked) private(set) var accountedBytes = 0
    /// Bytes of messages that wait for a task to receive them.
    @exclusivity(unchecked) var undeliveredBytes = 0
    /// The manager that owns the connection until it has ended; nil if the server has none.
    @exclusivity(unchecked) public internal(set) var manager: Manager?
    /// The manager, if it counts the connection's activity.
    @exclusivity(unchecked) var activity: Manager?
    /// Bytes received since the TCP connect.
    @exclusivity(unchecked) public internal(set) var bytesReceived = 0
    /// Whole messages received.
    @exclusivity(unchecked) public internal(set) var messagesReceived = 0

    init(
        loop: EventLoop, role: Role, limits: SharedLimits, opening: any Opening,
        owner: (any ConnectionOwner)? = nil, faults plan: FaultPlan? = nil
    ) {
        self.role = role
        sharedLimits = limits
        self.opening = opening
        self.owner = owner
        buffers = LoopBuffers.of(loop)
        machine = WebSocketMachine(
            role: role, limits: limits.limits.messages, maskingKeys: role == .client ? buffers.maskingKeys : nil)
        phase = role == .client ? .connecting : .handshaking
        lastReceived = .now
        super.init(loop: loop)
        if let plan, plan.hasEffect { faults = FaultInjector(plan, for: self) }
    }

    /// Whether messages can be sent.
    public var isOpen: Bool { phase == .open || isFailingUnnoticed }

    /// Whether a planned fault has occurred that our side has not noticed yet.
    var isFailingUnnoticed: Bool { phase == .failing && decided == nil }

    /// Whether the opening handshake was completed.
    public var wasOpened: Bool { opening == nil }

    /// The negotiated compression, if any (RFC 7692).
    public var compression: DeflateAgreement? { machine.compression }

    /// Bytes that wait for the peer to read.
    public var bufferedBytes: Int { backlog.count }

    /// What the encryption's two ends have agreed on; nil if there is none, or not yet.
    public var encryptionSummary: EncryptionSummary? { encryption?.summary }

    /// The peer's address; nil once the connection is closed or broken.
    public var peerAddress: SocketAddress? {
        withDescriptor { try? $0.peerAddress() } ?? nil
    }

    // MARK: Readiness

    public override func ready(for readiness: Readiness) {
        if phase == .connecting { return finishConnecting() }
        if readiness.contains(.writable) { flushBacklog() }
        guard phase != .closed else { return }
        guard !readiness.isDisjoint(with: [.readable, .hangup, .failed]) else { return }
        if isReadingHeld || phase == .failing {
            // No input is taken now. epoll always reports a broken connection, so it must end here.
            if !readiness.isDisjoint(with: [.hangup, .failed]) {
                return end(CloseOutcome(.broken(SystemCallError(.recv, errno: ECONNRESET))))
            }
            return updateInterest()
        }
        readOnce()
    }

    /// Starts waiting for a TCP connect that is under way.
    func begin(with descriptor: consuming OwnedDescriptor) throws(SystemCallError) {
        try register(descriptor, for: phase == .connecting ? .writable : .readable)
        setDeadline(.now + (phase == .connecting ? limits.connectLimit : limits.handshakeLimit))
    }

    private func finishConnecting() {
        if let failure = withDescriptor({ $0.connectFailure() }) ?? nil {
            return end(CloseOutcome(.broken(failure)))
        }
        phase = .handshaking
        wait(for: .readable)
        setDeadline(loop.turnStart + limits.handshakeLimit)
        opening?.connected(self)
    }

    /// Only while open: the opening handshake and the peer's Close are read even if no messages are taken.
    var isReadingHeld: Bool { phase == .open && (isPaused || isHeldBack || isHeldForTask) }

    /// Adjusts what epoll waits for to the buffers.
    func updateInterest() {
        var interest: Readiness = isReadingHeld || isInputEnded || phase == .failing ? [] : .readable
        if !backlog.isEmpty && sendableBytes > 0 || unsentBytes > 0 { interest.insert(.writable) }
        wait(for: interest)
    }

    // MARK: Memory

    /// Reports to the owner what the buffers hold now; nothing once the connection has ended.
    ///
    /// Call it whenever a buffer may have grown, and when an accounted one may have shrunk.
    func accountForBuffers() {
        var held = 0
        if phase != .closed {
            held =
                machine.bufferedCapacity + backlog.capacity + parked.capacity + undeliveredBytes
                + (opening?.bufferedBytes ?? 0) + (encryption?.heldBytes ?? 0)
        }
        let change = held - accountedBytes
        guard change != 0 else { return }
        accountedBytes = held
        owner?.heldBytesChanged(by: change, of: self)
    }

    // MARK: Deadlines

    /// Sets the deadline of an open connection from the moment of the last byte.
    func scheduleOpenDeadline() {
        var next = lastReceived + limits.idleLimit
        // A Ping would wait behind what the peer does not read.
        if let pingInterval = limits.pingInterval, !waitsForReader {
            next = min(next, lastReceived + pingInterval + (isAwaitingPong ? pingInterval : .zero))
        }
        setDeadline(max(next, loop.turnStart + .milliseconds(1)))
    }

    public override func deadlineReached() {
        switch phase {
        case .connecting: end(CloseOutcome(.limit(.connect)))
        case .handshaking: end(CloseOutcome(.limit(.handshake)))
        case .open: quietTooLong()
        case .failing:
            if let decided { end(decided, reset: hasUnreadOutput) } else { quietTooLong() }
        case .closing, .draining: end(decided ?? CloseOutcome(.limit(.close)), reset: hasUnreadOutput)
        case .closed: break
        }
    }

    /// Whether the kernel has not taken all that was to be sent.
    var hasUnsentOutput: Bool { !backlog.isEmpty || unsentBytes > 0 }

    /// Whether nothing is read from the peer until it reads more: what shows that it is alive may be waiting.
    private var waitsForReader: Bool { isHeldBack || role == .server && unsentBytes > 0 }

    public override func encryptedBytesTaken() {
        // While we do not read from a peer, its reading shows that it is alive.
        guard role == .server else { return }
        lastReceived = loop.turnStart
        if phase == .open && unsentBytes == 0 { scheduleOpenDeadline() }
    }

    /// Whether the peer has not taken all that was sent to it; the kernel would keep it after the end.
    private var hasUnreadOutput: Bool {
        hasUnsentOutput || withDescriptor { $0.unacknowledgedBytes() > 0 } ?? false
    }

    /// The deadline does not move with every byte: it is checked when it is reached.
    private func quietTooLong() {
        let now = loop.turnStart
        if isPaused || isHeldForTask {
            // The peer's bytes may be waiting in the kernel: it is not silent, we do not read.
            lastReceived = now
        } else if lastReceived + limits.idleLimit <= now {
            return close(.goingAway, reason: LimitName.idle.rawValue, because: .idle)
        } else if let pingInterval = limits.pingInterval, !waitsForReader {
            if isAwaitingPong && lastReceived + pingInterval + pingInterval <= now {
                return close(.internalError, reason: "no answer to a Ping", because: .pong)
            }
            if !isAwaitingPong && lastReceived + pingInterval <= now {
                isAwaitingPong = true
                ping()
            }
        }
        guard isOpen else { return }
        scheduleOpenDeadline()
    }

    public override func windowReclaimed() {
        keepRemainder()
    }

    public override func uncork() {
        sendGathered()
    }

    public override func stepEnded() {
        releaseForTask()
    }

    public override func loopEnds() {
        end(CloseOutcome(.aborted))
    }
}

/// The starter of a connection, which counts it; called on the loop's thread.
protocol ConnectionOwner: AnyObject {
    /// The connection's buffers hold `change` bytes more than before, or less if it is negative.
    func heldBytesChanged(by change: Int, of connection: Connection)
    /// Called once, while the descriptor is still open.
    func connectionEnds(_ connection: Connection, _ outcome: CloseOutcome)
}
