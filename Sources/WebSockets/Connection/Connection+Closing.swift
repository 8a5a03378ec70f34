import Managers
import Sockets
import SystemCalls
public import WebSocketProtocol

extension Connection {
    /// Begins the closing handshake (RFC 6455, section 7.1.2); the peer has `closeLimit` to answer.
    ///
    /// No effect once closing has begun. Before the connection is open it ends at once.
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
            buffers.claimCork(for: self)
            if !machine.appendClose(code, reason: reason, into: &buffers.cork) {
                // Omits a code that may not be in a Close frame, such as 1005 (section 7.4).
                _ = machine.appendClose(nil, into: &buffers.cork)
            }
            setDeadline(loop.turnStart + limits.closeLimit)
            // The answer must be read even if the handler takes no messages.
            processHeld()
            if phase != .closed { updateInterest() }
        case .failing:
            // The Close is lost as well, and so is any answer.
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

    /// Ends the stream with no Close frame, and over TLS no close_notify, as the system does for a process that is killed:
    /// sends what is left, then a FIN, and discards input until the peer ends its own, at most for `closeLimit`.
    public func closeStream() {
        guard phase != .closed, phase != .draining else { return }
        endsBare = true
        drain(deciding: CloseOutcome(.aborted))
    }

    /// Neither reads, sends nor ends from now on, as a peer whose network is gone: no Pong, and no limit is kept.
    ///
    /// The descriptor stays open until `closeNow()`, or until the peer's reset.
    public func vanish() {
        guard phase == .open else { return }
        pause()
        updateInterest()
        setDeadline(.never)
    }

    /// The closing handshake is complete.
    ///
    /// A server closes TCP first (section 7.1.1); at once if nothing unread could turn its FIN into a reset that
    /// overtakes the Close. A client waits for the server to do it.
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
        // Claimed even if nothing is gathered: the half-close follows the last byte at the end of the turn.
        buffers.claimCork(for: self)
    }

    /// Ends the connection because all connections together hold too much memory: releases its buffers at once.
    func giveUpBuffers() {
        let outcome = CloseOutcome(.limit(.buffered), code: .tryAgainLater)
        // No frame can follow output that was cut short, none is understood before the handshake, and messages that no
        // task has received are released at the end.
        let before = phase
        if before == .open { buffers.claimCork(for: self) }
        // Another connection's output went out meanwhile, and may have needed the same memory.
        guard phase == before else { return }
        guard phase == .open, backlog.isEmpty, undeliveredBytes == 0 else { return end(outcome, reset: true) }
        machine.abandon(.tryAgainLater, reason: LimitName.buffered.rawValue, into: &buffers.cork)
        drain(deciding: outcome)
        accountForBuffers()
    }

    /// Called after the last byte went to the kernel: closes if that is safe, otherwise half-closes and waits.
    func finishedSending() {
        let outcome = decided ?? CloseOutcome(.aborted)
        if isInputEnded || role == .server && outcome.isClean && isInputDrained { return end(outcome) }
        if role == .server || !outcome.isClean {
            do throws(SystemCallError) {
                try shutdownWriting(isBare: endsBare)
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
        case .draining where hasUnsentOutput:
            // A half-closed peer still reads, up to our answer to its Close.
            isInputEnded = true
            updateInterest()
        case .draining, .closing: end(decided ?? CloseOutcome(.endOfStream))
        default: end(CloseOutcome(.endOfStream))
        }
    }

    /// Nothing that the peer sends can be understood any more.
    ///
    /// A server that found out itself half-closes and waits, so that no unread byte turns its alert into a reset.
    func encryptionFailed(_ failure: EncryptionFailure) {
        let outcome = decided ?? CloseOutcome(.encryptionFailed(failure))
        switch failure {
        case .notEncrypted where role == .server, .violation where role == .server: drain(deciding: outcome)
        default: end(outcome)
        }
    }

    /// Closes so that the peer gets what was sent, but the kernel does not keep it for a peer that does not read.
    private func closeInGoodOrder() {
        if !endsBare { endEncryption() }
        withDescriptor { try? $0.limitUnacknowledged(to: limits.closeLimit) }
        closeDescriptor()
    }

    /// Closes the descriptor, exactly once, and notifies owner, manager and handler.
    func end(_ outcome: CloseOutcome, reset: Bool = false) {
        guard phase != .closed else { return }
        phase = .closed
        faults?.end()
        // The next owner of the cork would send these bytes to its own peer.
        if buffers.holdsCork(self) { buffers.clearCork() }
        accountForBuffers()
        owner?.connectionEnds(self, outcome)
        if reset { resetDescriptor() } else { closeInGoodOrder() }
        // After a manager's cleanup the descriptor must be gone.
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
