import Managers
import Sockets
import SystemCalls
public import WebSocketProtocol

extension Connection {
    /// Begins the closing handshake (RFC 6455, section 7.1.2); the peer has `closeLimit` to answer.
    ///
    /// Without effect once closing has begun. Before the connection is open it ends at once.
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") {
        close(code, reason: reason, because: nil)
    }

    func close(_ code: CloseCode, reason: String, because limit: LimitName?) {
        switch phase {
        case .connecting, .handshaking: end(CloseOutcome(.aborted))
        case .open:
            if let limit { decided = CloseOutcome(.limit(limit), code: code, reason: reason) }
            phase = .closing
            isPaused = false
            isHeldBack = false
            isHeldForTask = false
            loop.claimCork(for: self)
            if !machine.appendClose(code, reason: reason, into: &buffers.cork) {
                // A code that may not stand in a Close frame, 1005 among them, is left out (section 7.4).
                _ = machine.appendClose(nil, into: &buffers.cork)
            }
            setDeadline(loop.turnStart + limits.closeLimit)
            // The answer must be read whether the handler takes messages or not.
            processHeld()
            if phase != .closed { updateInterest() }
        case .failing:
            // The Close is lost, too, and so is any answer.
            guard decided == nil else { return }
            decided = limit.map { CloseOutcome(.limit($0), code: code, reason: reason) } ?? CloseOutcome(.limit(.close))
            setDeadline(loop.turnStart + limits.closeLimit)
        case .closing, .draining, .closed: break
        }
    }

    /// Ends the connection at once: no closing handshake, a reset on the wire, unsent bytes dropped.
    public func closeNow() {
        end(CloseOutcome(.aborted), reset: true)
    }

    /// The closing handshake is complete.
    ///
    /// A server closes TCP first (section 7.1.1); it may do so at once when nothing unread could turn its FIN into a
    /// reset that overtakes the Close. A client waits for the server to do it.
    func peerClosed(_ outcome: CloseOutcome) {
        drain(deciding: decided ?? outcome)
    }

    /// Sends what is left, half-closes, and discards input until the stream ends or `closeLimit` has passed.
    func drain(deciding outcome: CloseOutcome) {
        guard phase != .closed, phase != .draining else { return }
        decided = outcome
        phase = .draining
        isPaused = false
        isHeldBack = false
        isHeldForTask = false
        parked.removeAll(keepingCapacity: false)
        remainder = 0..<0
        setDeadline(loop.turnStart + limits.closeLimit)
        // Claimed even when nothing is gathered: at the end of the turn the half-close follows the last byte.
        loop.claimCork(for: self)
    }

    /// Ends the connection because all connections together hold too much memory: what it holds is let go at once.
    func giveUpBuffers() {
        let outcome = CloseOutcome(.limit(.buffered), code: .tryAgainLater)
        // Behind output that was cut short no frame can follow, before the handshake none is understood, and what a task
        // has not received is let go of at the end.
        let before = phase
        if before == .open { loop.claimCork(for: self) }
        // Whose output went out meanwhile may have needed the same memory.
        guard phase == before else { return }
        guard phase == .open, backlog.isEmpty, undeliveredBytes == 0 else { return end(outcome, reset: true) }
        machine.abandon(.tryAgainLater, reason: LimitName.buffered.rawValue, into: &buffers.cork)
        drain(deciding: outcome)
        accountForBuffers()
    }

    /// After the last byte was handed to the kernel: closes when that is safe, else half-closes and waits.
    func finishedSending() {
        let outcome = decided ?? CloseOutcome(.aborted)
        if isInputEnded || role == .server && outcome.isClean && isInputDrained { return end(outcome) }
        if role == .server || !outcome.isClean {
            do throws(SystemCallError) {
                try shutdownWriting()
            } catch {
                return end(outcome)
            }
        }
        setDeadline(loop.turnStart + limits.closeLimit)
        updateInterest()
    }

    /// The peer's FIN.
    func streamEnded() {
        switch phase {
        case .draining where !backlog.isEmpty:
            // A half-closed peer still reads, our answer to its Close last of all.
            isInputEnded = true
            updateInterest()
        case .draining, .closing: end(decided ?? CloseOutcome(.endOfStream))
        default: end(CloseOutcome(.endOfStream))
        }
    }

    /// Closes so that the peer gets what was sent, but keeps the kernel from holding on to it for a peer that does not read.
    private func closeInGoodOrder() {
        withDescriptor { try? $0.limitUnacknowledged(to: limits.closeLimit) }
        closeDescriptor()
    }

    /// Closes the descriptor, exactly once, and tells everyone concerned.
    func end(_ outcome: CloseOutcome, reset: Bool = false) {
        guard phase != .closed else { return }
        phase = .closed
        faults?.end()
        // The next owner of the cork would send these bytes to its own peer.
        if loop.ownsCork(self) { buffers.clearCork() }
        accountForBuffers()
        owner?.connectionEnds(self, outcome)
        if reset { resetDescriptor() } else { closeInGoodOrder() }
        // Whoever waits for a manager's cleanup is to find the descriptor gone.
        if let manager = manager.take() { manager.release(self) }
        activity = nil
        backlog.removeAll(keepingCapacity: false)
        parked.removeAll(keepingCapacity: false)
        remainder = 0..<0
        if let opening = opening.take() {
            opening.failed(outcome)
        }
        if let handler = handler.take() { handler.closed(self, outcome) }
    }
}
