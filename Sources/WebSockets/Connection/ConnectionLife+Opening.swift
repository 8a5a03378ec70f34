import SystemCalls
import WebSocketProtocol

extension ConnectionLife {
    /// The first deadline.
    func begin(at now: MonotonicTime) -> MonotonicTime {
        now + (isConnecting ? limits.connectLimit : limits.handshakeLimit)
    }

    /// The TCP connect has ended, with an error or well.
    mutating func connectEnded(_ failure: SystemCallError?, at now: MonotonicTime) -> Action {
        guard isConnecting else { return .none }
        if let failure { return end(CloseOutcome(.broken(failure))) }
        phase = .handshaking
        return .beginHandshake(until: now + limits.handshakeLimit)
    }

    /// The opening handshake is complete; returns the deadline.
    mutating func opened(at now: MonotonicTime, unsentBytes: Int) -> MonotonicTime {
        phase = .open
        return openDeadline(at: now, unsentBytes: unsentBytes)
    }

    /// The opening handshake was answered with something other than 101.
    mutating func refused(status: Int, because limit: LimitName?, at now: MonotonicTime) -> Action {
        guard isHandshaking else { return .none }
        return drain(CloseOutcome(.handshakeFailure(status: status, limit)), at: now)
    }
}
