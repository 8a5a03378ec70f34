import Glibc
import Sockets
import SystemCalls
import WebSocketProtocol

extension ConnectionLife {
    // MARK: Our side ends it

    /// Begins the closing handshake (RFC 6455, section 7.1.2); before the connection is open it ends at once.
    mutating func close(
        _ code: CloseCode, reason: String, because limit: LimitName? = nil, at now: MonotonicTime
    ) -> Action {
        let outcome = limit.map { CloseOutcome(.limit($0), code: code, reason: reason) }
        let deadline = now + limits.closeLimit
        switch phase {
        case .connecting, .handshaking: return end(CloseOutcome(.aborted))
        case .open:
            phase = .closing(outcome)
            holds = []
            return .sendClose(code, reason: reason, until: deadline)
        case .failing(let failure, noticed: nil):
            // The Close is lost as well, and so is any answer.
            phase = .failing(failure, noticed: outcome ?? CloseOutcome(.limit(.close)))
            return .wait(until: deadline)
        case .failing, .closing, .draining, .closed: return .none
        }
    }

    /// Ends the stream with no Close frame.
    mutating func closeStream(at now: MonotonicTime) -> Action {
        guard !isDraining, !isClosed else { return .none }
        endsBare = true
        return drain(CloseOutcome(.aborted), at: now)
    }

    /// Falls silent: neither reads, sends nor ends from now on.
    mutating func vanish() -> Action {
        guard isOpen else { return .none }
        holds.insert(.paused)
        return .wait(until: .never)
    }

    /// Makes room for others, before it is open.
    mutating func evict(because limit: LimitName) -> Action {
        end(pendingOutcome ?? CloseOutcome(.limit(limit)))
    }

    /// Makes room for others, because all together hold too much memory: `drain` if a Close frame may go first.
    ///
    /// No frame can follow output that was cut short, none is understood before the handshake, and messages that no task
    /// has received are released at the end.
    mutating func evictForMemory(canSend: Bool, at now: MonotonicTime) -> Action {
        let outcome = CloseOutcome(.limit(.buffered), code: .tryAgainLater)
        return isOpen && canSend ? drain(outcome, at: now) : end(outcome, reset: .always)
    }

    /// Ends it at once.
    mutating func end(_ outcome: CloseOutcome, reset: Reset = .never) -> Action {
        guard !isClosed else { return .none }
        phase = .closed
        return .end(outcome, reset: reset)
    }

    // MARK: The peer ends it

    /// The peer's Close has come, and our answer is gathered if ours was not sent before (section 7.1.4).
    ///
    /// A server closes TCP first (section 7.1.1). A client waits for the server to do it.
    mutating func peerClosed(_ code: CloseCode, reason: String, at now: MonotonicTime) -> Action {
        switch phase {
        case .open: drain(CloseOutcome(.peerClosed, code: code, reason: reason), at: now)
        case .closing(let limit): drain(limit ?? CloseOutcome(.locallyClosed, code: code, reason: reason), at: now)
        case .connecting, .handshaking, .failing, .draining, .closed: .none
        }
    }

    /// The peer broke the protocol, and the Close that says so is gathered (section 7.1.7).
    mutating func protocolFailed(_ failure: ProtocolFailure, at now: MonotonicTime) -> Action {
        switch phase {
        case .open, .closing: drain(CloseOutcome(.protocolFailure(failure), code: failure.code), at: now)
        case .connecting, .handshaking, .failing, .draining, .closed: .none
        }
    }

    /// The peer's FIN.
    mutating func streamEnded(hasUnsentOutput: Bool) -> Action {
        if isDraining && hasUnsentOutput {
            // A half-closed peer still reads, up to our answer to its Close.
            isInputEnded = true
            return .awaitReadiness
        }
        return end(pendingOutcome ?? CloseOutcome(.endOfStream))
    }

    /// Reading or writing failed.
    mutating func broke(_ error: SystemCallError) -> Action {
        end(pendingOutcome ?? CloseOutcome(.broken(error)))
    }

    /// The connection broke while nothing was read, so that no error was.
    mutating func hungUp() -> Action {
        end(CloseOutcome(.broken(SystemCallError(.recv, errno: ECONNRESET))))
    }

    /// Nothing that the peer sends can be decrypted any more.
    ///
    /// A server that found out itself half-closes and waits, so that no unread byte turns its alert into a reset.
    mutating func encryptionFailed(_ failure: EncryptionFailure, at now: MonotonicTime) -> Action {
        let outcome = pendingOutcome ?? CloseOutcome(.encryptionFailed(failure))
        switch failure {
        case .notEncrypted where role == .server, .violation where role == .server: return drain(outcome, at: now)
        default: return end(outcome)
        }
    }

    // MARK: Draining

    /// A planned fault has replaced a message; false if the connection is no longer open.
    mutating func messageLost(to failure: FaultPlan.Failure) -> Bool {
        guard isOpen else { return false }
        phase = .failing(failure, noticed: nil)
        holds = []
        return true
    }

    /// The kernel has taken all output. Closes if that is safe, otherwise half-closes and waits.
    mutating func outputSent(at now: MonotonicTime) -> Action {
        switch phase {
        case .draining(let outcome):
            // Nothing unread can turn the FIN into a reset that overtakes the Close.
            let isSafe = role == .server && outcome.isClean && isInputDrained
            if isInputEnded || isSafe { return end(outcome) }
            let deadline = now + limits.closeLimit
            // After a closing handshake the server half-closes first (RFC 6455, section 7.1.1).
            if role == .client && outcome.isClean { return .wait(until: deadline) }
            return .halfClose(isBare: endsBare, until: deadline)
        case .failing(.timeout, _): return .awaitReadiness
        case .failing(.drop, let noticed): return drain(noticed ?? CloseOutcome(.endOfStream), at: now)
        case .failing(.reset, let noticed):
            return end(
                noticed ?? CloseOutcome(.broken(SystemCallError(.recv, errno: ECONNRESET))), reset: .always)
        case .connecting, .handshaking, .open, .closing, .closed: return .none
        }
    }

    /// The FIN could not be sent.
    mutating func halfCloseFailed() -> Action {
        end(pendingOutcome ?? CloseOutcome(.aborted))
    }

    /// Sends what is left, half-closes, and discards input until the stream ends or `closeLimit` has passed.
    mutating func drain(_ outcome: CloseOutcome, at now: MonotonicTime) -> Action {
        guard !isDraining, !isClosed else { return .none }
        phase = .draining(outcome)
        holds = []
        return .drain(until: now + limits.closeLimit)
    }
}
