import Managers
import Sockets
import SystemCalls
import WebSocketProtocol

/// What `ConnectionLife` decides, done.
extension Connection {
    /// Never in place: it is large and rare, and would slow down the paths of messages that may end in it.
    @inline(never)
    func perform(_ action: ConnectionLife.Action) {
        switch action {
        case .none: break
        case .awaitReadiness: updateInterest()
        case .wait(let deadline):
            setDeadline(deadline)
            updateInterest()
        case .beginHandshake(let deadline):
            wait(for: .readable)
            setDeadline(deadline)
            opening?.connected(self)
        case .ping(let deadline):
            setDeadline(deadline)
            ping()
        case .sendClose(let code, let reason, let deadline):
            setDeadline(deadline)
            sendClose(code, reason: reason)
            // The answer must be read even if the handler takes no messages.
            processHeld()
            if !life.isClosed { updateInterest() }
        case .drain(let deadline):
            dropInput()
            setDeadline(deadline)
            // Claimed even if nothing is gathered: the half-close follows the last byte at the end of the step.
            buffers.claimCork(for: self)
        case .halfClose(let isBare, let deadline): halfClose(isBare: isBare, until: deadline)
        case .end(let outcome, let reset): close(with: outcome, reset)
        }
    }

    private func sendClose(_ code: CloseCode, reason: String) {
        buffers.claimCork(for: self)
        if !machine.appendClose(code, reason: reason, into: &buffers.cork) {
            // Omits a code that may not be in a Close frame, such as 1005 (section 7.4).
            _ = machine.appendClose(nil, into: &buffers.cork)
        }
    }

    private func halfClose(isBare: Bool, until deadline: MonotonicTime) {
        do throws(SystemCallError) {
            try shutdownWriting(isBare: isBare)
        } catch {
            return perform(life.halfCloseFailed())
        }
        setDeadline(deadline)
        updateInterest()
    }

    /// Releases input that was received and not parsed.
    func dropInput() {
        parked.removeAll(keepingCapacity: false)
        remainder = 0..<0
    }

    /// Closes the descriptor, exactly once, and notifies owner, manager and handler.
    private func close(with outcome: CloseOutcome, _ reset: ConnectionLife.Reset) {
        faults?.end()
        // The next owner of the cork would send these bytes to its own peer.
        if buffers.holdsCork(self) { buffers.clearCork() }
        accountForBuffers()
        owner?.connectionEnds(self, outcome)
        if resets(reset) { resetDescriptor() } else { closeInGoodOrder() }
        // After a manager's cleanup the descriptor must be gone.
        if let manager = manager.take() { manager.release(self) }
        activity = nil
        backlog.removeAll(keepingCapacity: false)
        dropInput()
        if let opening = opening.take() { opening.failed(outcome) }
        if let handler = handler.take() { handler.closed(self, outcome) }
    }

    private func resets(_ reset: ConnectionLife.Reset) -> Bool {
        switch reset {
        case .never: false
        case .ifUnread: hasUnsentOutput || withDescriptor { $0.unacknowledgedBytes() > 0 } ?? false
        case .always: true
        }
    }

    /// Closes so that the peer gets what was sent, but the kernel does not keep it for a peer that does not read.
    private func closeInGoodOrder() {
        if !life.endsBare { endEncryption() }
        withDescriptor { try? $0.limitUnacknowledged(to: limits.closeLimit) }
        closeDescriptor()
    }
}
