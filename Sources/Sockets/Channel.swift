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
    /// What the loop waits for on this channel's behalf.
    @exclusivity(unchecked) public private(set) var interest: Readiness = []

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
        try loop.add(self, number: raw, interest: interest)
        number = raw
        self.interest = interest
        self.descriptor = consume descriptor
    }

    /// Waits for `interest` from now on; empty waits only for hang-ups and errors.
    public func wait(for interest: Readiness) {
        guard number >= 0, interest != self.interest else { return }
        self.interest = interest
        loop.modify(number: number, interest: interest)
    }

    /// Closes the descriptor and removes the deadline; no effect the second time.
    public func closeDescriptor() {
        loop.setDeadline(of: self, to: .never)
        loop.letGo(self)
        guard number >= 0 else { return }
        loop.remove(number: number)
        number = -1
        interest = []
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
        case bytes(Int)
        case endOfStream
        case wouldBlock
        case failed(SystemCallError)
    }

    /// Reads what has arrived into `buffer`, once.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReceiveResult {
        while true {
            let count = recv(number, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
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

    /// Half-closes: sends a FIN, reading goes on.
    public func shutdownWriting() throws(SystemCallError) {
        guard number >= 0 else { return }
        guard shutdown(number, Int32(SHUT_WR)) == 0 else { throw SystemCallError(.shutdown) }
    }

    /// Calls `body` with the descriptor while the channel owns one.
    public func withDescriptor<Result>(_ body: (borrowing OwnedDescriptor) -> Result) -> Result? {
        guard number >= 0 else { return nil }
        return body(descriptor!)
    }

    /// Called when the descriptor is ready for something that is waited for.
    open func ready(for readiness: Readiness) {}

    /// Called before another channel overwrites the loop's read window: keep what is not consumed yet.
    open func windowReclaimed() {}

    open override func loopEnds() {
        closeDescriptor()
    }

    /// Called once after `claimStep(for:)`, when the runnable tasks have run.
    open func stepEnded() {}

    /// Called when another channel takes the loop's cork, and at the end of every turn: send what is gathered.
    open func uncork() {}
}
