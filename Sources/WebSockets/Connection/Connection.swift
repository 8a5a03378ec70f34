public import Managers
public import Sockets
import SystemCalls
public import WebSocketProtocol

/// A WebSocket connection on its event loop, server or client: the protocol machine and the connection's life, performed
/// over a socket.
///
/// Confined to the thread of its loop: call its methods from `ConnectionHandler` callbacks or within
/// `loop.execute { … }`. Input is parsed where it was received, replies are gathered and sent once per turn.
///
/// The thread alone keeps accesses from overlapping, so they are not checked at run time. State that is borrowed out,
/// such as the machine to itself and the cork to the machine, goes to code without callbacks.
public final class Connection: Channel, @unchecked Sendable {
    /// What is decided about it: how far it has come, and what follows from an event.
    @exclusivity(unchecked) var life: ConnectionLife
    let buffers: LoopBuffers
    @exclusivity(unchecked) var machine: WebSocketMachine
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
    @exclusivity(unchecked) var isProcessing = false
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
        life = ConnectionLife(role, limits: limits, at: .now)
        self.opening = opening
        self.owner = owner
        buffers = LoopBuffers.of(loop)
        machine = WebSocketMachine(
            role: role, limits: limits.limits.messages, maskingKeys: role == .client ? buffers.maskingKeys : nil)
        super.init(loop: loop)
        if let plan, plan.hasEffect { faults = FaultInjector(plan, for: self) }
    }

    /// Which side of the connection this is.
    public var role: Role { life.role }

    var limits: ConnectionLimits { life.limits }

    /// Whether messages can be sent.
    public var isOpen: Bool { life.isOpen || life.isFailingUnnoticed }

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
        if life.isConnecting { return finishConnecting() }
        if readiness.contains(.writable) { flushBacklog() }
        guard !life.isClosed else { return }
        guard !readiness.isDisjoint(with: [.readable, .hangup, .failed]) else { return }
        if life.isReadingHeld || life.isFailing {
            // No input is taken now. epoll always reports a broken connection, so it must end here.
            return readiness.isDisjoint(with: [.hangup, .failed]) ? updateInterest() : perform(life.hungUp())
        }
        readOnce()
    }

    /// Starts waiting for a TCP connect that is under way.
    func begin(with descriptor: consuming OwnedDescriptor) throws(SystemCallError) {
        try register(descriptor, for: life.isConnecting ? .writable : .readable)
        setDeadline(life.begin(at: .now))
    }

    private func finishConnecting() {
        let failure = withDescriptor { $0.connectFailure() } ?? nil
        perform(life.connectEnded(failure, at: loop.turnStart))
    }

    /// Adjusts what epoll waits for to the life and the buffers.
    func updateInterest() {
        var interest: Readiness = life.awaitsInput ? .readable : []
        if !backlog.isEmpty && sendableBytes > 0 || unsentBytes > 0 { interest.insert(.writable) }
        wait(for: interest)
    }

    // MARK: Memory

    /// Reports to the owner what the buffers hold now; nothing once the connection has ended.
    ///
    /// Call it whenever a buffer may have grown, and when an accounted one may have shrunk.
    func accountForBuffers() {
        var held = 0
        if !life.isClosed {
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

    public override func deadlineReached() {
        perform(life.deadlineReached(at: loop.turnStart, unsentBytes: unsentBytes))
    }

    public override func encryptedBytesTaken() {
        if let deadline = life.encryptedBytesTaken(at: loop.turnStart, unsentBytes: unsentBytes) {
            setDeadline(deadline)
        }
    }

    // MARK: What channels of a loop share

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
