import Glibc
public import SystemCalls

/// What channels and deadlines ask of their loop, on its thread.
extension EventLoop {
    /// Claims the read window for `channel`, and returns it.
    public func claimWindow(for channel: Channel) -> UnsafeMutableRawBufferPointer {
        windowLease.claim(for: channel)
        return window
    }

    /// Gives the read window back before another channel claims it.
    public func releaseWindow(by channel: Channel) {
        windowLease.release(by: channel)
    }

    /// Claims the step for `channel`: from outside, reaching for the lease would retain it for each message.
    public func claimStep(for channel: Channel) {
        stepLease.claim(for: channel)
    }

    /// This loop's one object of its type, made at first use.
    public func attachment<Attachment: AnyObject>(_ make: () -> Attachment) -> Attachment {
        let key = ObjectIdentifier(Attachment.self)
        if let found = attachments[key] { return unsafeDowncast(found, to: Attachment.self) }
        let made = make()
        attachments[key] = made
        return made
    }

    /// Every channel that owns a descriptor on this loop.
    public var channels: [Channel] { table.all }

    /// Sets, moves or (with `never`) removes the deadline of `timed`.
    public func setDeadline(of timed: Timed, to deadline: MonotonicTime) {
        guard isAtEnd && deadline != .never else { return deadlines.set(timed, to: deadline) }
        deadlines.set(timed, to: .never)
        timed.loopEnds()
    }

    func add(_ channel: Channel, number: Int32, interest: Readiness) throws(SystemCallError) {
        guard !isAtEnd else { throw SystemCallError(.epollControl, errno: ECANCELED) }
        try poller.add(number, key: table.makeKey(for: number), interest: interest)
        table.insert(channel, number: number)
    }

    func modify(number: Int32, interest: Readiness) {
        poller.modify(number, key: table.key(of: number), interest: interest)
    }

    /// Removes a descriptor that is about to be closed.
    func remove(number: Int32) {
        poller.remove(number)
        table.remove(number: number)
    }

    /// Takes back what `channel` holds, without calling it.
    func letGo(_ channel: Channel) {
        windowLease.release(by: channel)
        corkLease.release(by: channel)
        stepLease.release(by: channel)
    }
}
