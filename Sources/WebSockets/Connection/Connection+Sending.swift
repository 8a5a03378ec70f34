import Managers
import Sockets
import SystemCalls
public import WebSocketProtocol

extension Connection {
    /// Gathered output beyond this is sent before the turn ends, in bytes.
    private static let corkBytes = 128 * 1024
    /// Payloads of this size and more are sent in place: copying them would cost more than a system call.
    private static let leastUncopiedBytes = 8 * 1024

    /// Sends a message; text must be valid UTF-8.
    ///
    /// It is gathered with the rest of this turn's output. If the send buffer is full nothing is taken.
    @discardableResult
    public func send(_ kind: MessageKind, _ payload: RawSpan) -> SendOutcome {
        if let refusal = life.refusal(queued: backlog.count) { return refusal }
        if let faults, losesMessage(to: faults) { return .accepted }
        buffers.claimCork(for: self)
        if payload.byteCount >= Self.leastUncopiedBytes, life.isOpen,
            machine.appendHeader(kind, payloadBytes: payload.byteCount, into: &buffers.cork)
        {
            activity?.recordActivity()
            payload.withUnsafeBytes { sendCork(before: $0) }
            return .accepted
        }
        guard machine.appendMessage(kind, payload, into: &buffers.cork) else { return .closed }
        activity?.recordActivity()
        flushLargeCork()
        return .accepted
    }

    /// Sends a message that is already framed, at once if nothing waits before it.
    ///
    /// If the send buffer is full nothing is taken. A client frames it again, with a mask of its own.
    @discardableResult
    public func send(_ message: FramedMessage) -> SendOutcome {
        guard role == .server else { return message.withUnsafeBytes { send(message.kind, $0.bytes) } }
        guard machine.maySendMessage || !life.isOpen else { return .closed }
        if let refusal = life.refusal(queued: backlog.count) { return refusal }
        if let faults, losesMessage(to: faults) { return .accepted }
        activity?.recordActivity()
        if buffers.holdsCork(self) && !buffers.cork.isEmpty {
            message.withFrame { buffers.cork.append($0) }
            flushLargeCork()
        } else if let error = message.withFrame({ deliver($0) }) {
            perform(life.broke(error))
        }
        return .accepted
    }

    /// Sends one fragment of a message (RFC 6455, section 5.4): the first with the message's opcode, the others as
    /// continuations, the last with `isFinal`.
    @discardableResult
    public func sendFragment(_ opcode: Opcode, isFinal: Bool, _ payload: RawSpan) -> SendOutcome {
        if let refusal = life.refusal(queued: backlog.count) { return refusal }
        if let faults, opcode != .continuation, losesMessage(to: faults) { return .accepted }
        buffers.claimCork(for: self)
        guard machine.appendFragment(opcode: opcode, fin: isFinal, payload, into: &buffers.cork) else { return .closed }
        activity?.recordActivity()
        flushLargeCork()
        return .accepted
    }

    /// Sends a text message.
    @discardableResult
    public func send(_ text: String) -> SendOutcome {
        var text = text
        return text.withUTF8 { send(.text, UnsafeRawBufferPointer($0).bytes) }
    }

    /// Sends a Ping with at most 125 bytes (RFC 6455, section 5.5.2); false if that is not possible now.
    @discardableResult
    public func ping(_ payload: [UInt8] = []) -> Bool {
        guard life.isOpen, backlog.count < limits.sendBufferBytes else { return life.isFailingUnnoticed }
        buffers.claimCork(for: self)
        return machine.appendPing(payload.span.bytes, into: &buffers.cork)
    }

    func flushLargeCork() {
        // Gathered output must not overrun a small send buffer.
        let limit = min(Self.corkBytes, limits.sendBufferBytes / 4)
        if buffers.cork.count >= limit && buffers.holdsCork(self) { sendCork() }
    }

    /// Whether the kernel has not taken all that was to be sent.
    var hasUnsentOutput: Bool { !backlog.isEmpty || unsentBytes > 0 }

    /// Sends what this connection has gathered in the loop's cork.
    func sendGathered() {
        sendCork()
        if life.isDraining { awaitOutputSent() }
    }

    /// Waits until the kernel has taken all output, and reports it.
    func awaitOutputSent() {
        if hasUnsentOutput { updateInterest() } else { perform(life.outputSent(at: loop.turnStart)) }
    }

    /// Sends the cork's content and, right after it, a payload that is not in it.
    func sendCork(before payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) {
        guard !buffers.cork.isEmpty else { return }
        guard !life.isClosed else { return buffers.clearCork() }
        let error = buffers.cork.withUnsafeBytes { deliver($0, payload) }
        // Before any callback: the cork may be another connection's by the time this returns.
        buffers.clearCork()
        if let error { perform(life.broke(error)) }
    }

    /// Gives bytes to the kernel, after those that already wait, and keeps what it does not take; returns the error
    /// that ends the connection, if one does.
    private func deliver(
        _ bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) -> SystemCallError? {
        let whole = bytes.count + more.count
        var sent = 0
        if let faults, faults.delays {
            faults.hold(whole)
        } else if backlog.isEmpty {
            switch more.isEmpty ? send(bytes) : send(bytes, more) {
            case .bytes(let count): sent = count
            case .wouldBlock: break
            case .failed(let error): return error
            }
            if sent == whole { return nil }
        }
        backlog.append(UnsafeRawBufferPointer(rebasing: bytes[min(sent, bytes.count)...]))
        backlog.append(UnsafeRawBufferPointer(rebasing: more[max(0, sent - bytes.count)...]))
        life.outputQueued(backlog.count)
        updateInterest()
        accountForBuffers()
        return nil
    }

    /// Sends what the kernel takes of the backlog, and resumes reading when it has drained.
    func flushBacklog() {
        while !backlog.isEmpty {
            let sendable = sendableBytes
            guard sendable > 0 else { break }
            let result = backlog.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[..<sendable])) }
            switch result {
            case .bytes(let count):
                backlog.removeFirst(count)
                life.outputTaken(at: loop.turnStart)
                continue
            case .wouldBlock: break
            case .failed(let error): return perform(life.broke(error))
            }
            break
        }
        if backlog.isEmpty {
            backlog.removeAll(keepingCapacity: false)
            accountForBuffers()
        }
        if life.discardsInput { return awaitOutputSent() }
        if life.outputDrained(to: backlog.count) {
            if life.isOpen { setDeadline(life.openDeadline(at: loop.turnStart, unsentBytes: unsentBytes)) }
            handler?.writable(self)
            processHeld()
        }
        guard !life.isClosed else { return }
        updateInterest()
    }
}
