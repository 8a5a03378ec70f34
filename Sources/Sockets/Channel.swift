import Glibc
public import SystemCalls

/// A descriptor on an event loop: one owner, called when it is ready and when its deadline is reached.
///
/// Confined to the thread of its loop: every member but `loop` is used there only. Readiness is level-triggered, so
/// unread bytes are reported again.
open class Channel: Timed, @unchecked Sendable {
    /// The loop that it lives on.
    public let loop: EventLoop
    @exclusivity(unchecked) private var descriptor: OwnedDescriptor?
    @exclusivity(unchecked) private var number: Int32 = -1
    /// What it waits for.
    @exclusivity(unchecked) public private(set) var interest: Readiness = []
    /// What the loop waits for on its behalf: the same, or what the encryption needs for it.
    @exclusivity(unchecked) private var registered: Readiness = []
    /// A FIN was asked for that must follow encrypted bytes still to be sent.
    @exclusivity(unchecked) private var owesFIN = false
    /// What encrypts its bytes; nil for none. Set it once the TCP connection stands, before the first byte.
    @exclusivity(unchecked) public var encryption: (any Encryption)? {
        didSet { wait(for: interest) }
    }

    /// A channel without a descriptor yet.
    public init(loop: EventLoop) {
        self.loop = loop
        super.init()
    }

    /// Whether it owns a descriptor.
    public var isRegistered: Bool { number >= 0 }

    /// Takes ownership of `descriptor` and waits for `interest` on it; closes it on failure.
    public func register(_ descriptor: consuming OwnedDescriptor, for interest: Readiness) throws(SystemCallError) {
        precondition(number < 0, "a channel owns one descriptor")
        let raw = descriptor.rawValue
        let needed = encryption?.interest(for: interest) ?? interest
        try loop.add(self, number: raw, interest: needed)
        number = raw
        self.interest = interest
        registered = needed
        self.descriptor = consume descriptor
    }

    /// Waits for `interest` from now on; empty waits only for hang-ups and errors.
    public func wait(for interest: Readiness) {
        guard number >= 0 else { return }
        self.interest = interest
        let needed = encryption?.interest(for: interest) ?? interest
        guard needed != registered else { return }
        registered = needed
        loop.modify(number: number, interest: needed)
    }

    /// Closes the descriptor and removes the deadline; no effect the second time.
    public func closeDescriptor() {
        loop.setDeadline(of: self, to: .never)
        loop.letGo(self)
        guard number >= 0 else { return }
        loop.remove(number: number)
        number = -1
        interest = []
        encryption = nil
        owesFIN = false
        // An error of close(2) on a socket calls for no action: the number is free either way.
        try? descriptor.take()?.close()
    }

    /// Closes with a reset: the peer reads ECONNRESET, nothing lingers in the kernel.
    public func resetDescriptor() {
        try? descriptor?.resetOnClose()
        closeDescriptor()
    }

    /// Sets, moves or (with `never`) removes the deadline.
    public func setDeadline(_ deadline: MonotonicTime) {
        loop.setDeadline(of: self, to: deadline)
    }

    /// The outcome of reading.
    public enum ReceiveResult: Hashable, Sendable {
        /// So many bytes, and whether the kernel had no more.
        case bytes(Int, isDrained: Bool)
        case endOfStream
        case wouldBlock
        case failed(SystemCallError)
        /// Nothing more can be decrypted, for the reason that the encryption gives as its `failure`. Without it here:
        /// results of plain channels stay as cheap as a number.
        case encryptionFailed
    }

    /// Reads what has arrived into `buffer`, once.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReceiveResult {
        if let encryption { return encryption.receive(into: buffer, from: number) }
        while true {
            let count = recv(number, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count, isDrained: count < buffer.count) }
            if count == 0 { return .endOfStream }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(SystemCallError(.recv))
            }
        }
    }

    /// The outcome of writing.
    public enum SendResult: Hashable, Sendable {
        case bytes(Int)
        case wouldBlock
        case failed(SystemCallError)
    }

    /// Writes as much of `bytes` as the kernel takes, once; never raises SIGPIPE.
    public func send(_ bytes: UnsafeRawBufferPointer) -> SendResult {
        if let encryption { return sendEncrypted(bytes, UnsafeRawBufferPointer(start: nil, count: 0), encryption) }
        while true {
            let count = Glibc.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(SystemCallError(.send))
            }
        }
    }

    /// Writes as much of `bytes` and then of `more` as the kernel takes, once; never raises SIGPIPE.
    public func send(_ bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer) -> SendResult {
        if let encryption { return sendEncrypted(bytes, more, encryption) }
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: more.baseAddress), iov_len: more.count)
        )
        while true {
            let count = withUnsafeMutablePointer(to: &parts) { parts in
                parts.withMemoryRebound(to: iovec.self, capacity: 2) { parts in
                    var message = msghdr()
                    message.msg_iov = parts
                    message.msg_iovlen = 2
                    return sendmsg(number, &message, Int32(MSG_NOSIGNAL))
                }
            }
            if count >= 0 { return .bytes(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(SystemCallError(.sendmsg))
            }
        }
    }

    /// Half-closes: sends a FIN, reading goes on. If bytes are encrypted the peer is told there first, unless `isBare`.
    public func shutdownWriting(isBare: Bool = false) throws(SystemCallError) {
        guard number >= 0 else { return }
        if let encryption {
            if !isBare { encryption.endWriting(to: number) }
            if encryption.unsentBytes > 0 {
                owesFIN = true
                return wait(for: interest)
            }
        }
        guard shutdown(number, Int32(SHUT_WR)) == 0 else { throw SystemCallError(.shutdown) }
    }

    // MARK: Encrypted

    /// Encrypted bytes that the kernel has not taken yet; 0 of a plain channel.
    public var unsentBytes: Int { encryption?.unsentBytes ?? 0 }

    /// Tells the peer, where bytes are encrypted, that nothing more will come; no FIN.
    public func endEncryption() {
        if let encryption, number >= 0 { encryption.endWriting(to: number) }
    }

    private func sendEncrypted(
        _ bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer, _ encryption: any Encryption
    ) -> SendResult {
        let waiting = encryption.unsentBytes
        let result = encryption.send(bytes, more, to: number)
        wait(for: interest)
        if waiting > 0, result != .wouldBlock || encryption.unsentBytes < waiting { encryptedBytesTaken() }
        return result
    }

    /// Called by the loop when the descriptor is ready.
    @inline(__always)
    final func dispatch(_ readiness: Readiness) {
        if let encryption { return dispatch(readiness, through: encryption) }
        ready(for: readiness)
    }

    private func dispatch(_ readiness: Readiness, through encryption: any Encryption) {
        var readiness = readiness
        if readiness.contains(.writable), encryption.unsentBytes > 0 {
            let waiting = encryption.unsentBytes
            if case .failed = encryption.flush(to: number) { readiness.insert(.failed) }
            if encryption.unsentBytes < waiting { encryptedBytesTaken() }
            if encryption.unsentBytes > 0 {
                readiness.remove(.writable)
            } else if owesFIN {
                owesFIN = false
                _ = shutdown(number, Int32(SHUT_WR))
            }
        }
        if !encryption.isEstablished || !interest.contains(.writable) { readiness.remove(.writable) }
        if encryption.hasPendingEnd, interest.contains(.readable) { readiness.insert(.readable) }
        if !readiness.isEmpty { ready(for: readiness) }
        wait(for: interest)
    }

    /// Calls `body` with the descriptor while the channel owns one.
    public func withDescriptor<Result>(_ body: (borrowing OwnedDescriptor) -> Result) -> Result? {
        guard number >= 0 else { return nil }
        return body(descriptor!)
    }

    /// Called when the descriptor is ready for something that is waited for.
    open func ready(for readiness: Readiness) {}

    /// Called when the kernel has taken encrypted bytes that had to wait, all of them or some.
    open func encryptedBytesTaken() {}

    /// Called before another channel overwrites the loop's read window: keep what is not consumed yet.
    open func windowReclaimed() {}

    open override func loopEnds() {
        closeDescriptor()
    }

    /// Called when another channel takes the loop's `stepLease`, and once the tasks that can run now have run.
    open func stepEnded() {}

    /// Called when another channel takes the loop's `corkLease`, and at the end of every step: send what is gathered.
    open func uncork() {}
}
