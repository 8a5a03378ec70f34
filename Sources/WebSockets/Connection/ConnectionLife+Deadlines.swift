import SystemCalls
import WebSocketProtocol

/// Bytes and silence. `unsentBytes` are the encrypted bytes that the kernel has not taken yet.
extension ConnectionLife {
    /// Bytes of the peer have come; `isDrained` if the kernel had no more.
    mutating func received(isDrained: Bool, at now: MonotonicTime) {
        lastReceived = now
        isAwaitingPong = false
        isInputDrained = isDrained
    }

    /// The kernel has taken output that waited. While we do not read from a peer, its reading shows that it is alive.
    mutating func outputTaken(at now: MonotonicTime) {
        if holds.contains(.backPressure) { lastReceived = now }
    }

    /// The kernel has taken encrypted bytes that had to wait; returns the deadline if it changes.
    mutating func encryptedBytesTaken(at now: MonotonicTime, unsentBytes: Int) -> MonotonicTime? {
        guard role == .server else { return nil }
        lastReceived = now
        return isOpen && unsentBytes == 0 ? openDeadline(at: now, unsentBytes: 0) : nil
    }

    /// The deadline of an open connection, from the moment of the last byte.
    ///
    /// It does not move with every byte: it is checked when it is reached.
    func openDeadline(at now: MonotonicTime, unsentBytes: Int) -> MonotonicTime {
        var next = lastReceived + limits.idleLimit
        // A Ping would wait behind what the peer does not read.
        if let pingInterval = limits.pingInterval, !waitsForReader(unsentBytes) {
            next = min(next, lastReceived + pingInterval + (isAwaitingPong ? pingInterval : .zero))
        }
        return max(next, now + .milliseconds(1))
    }

    /// The deadline has been reached.
    mutating func deadlineReached(at now: MonotonicTime, unsentBytes: Int) -> Action {
        switch phase {
        case .connecting: return end(CloseOutcome(.limit(.connect)))
        case .handshaking: return end(CloseOutcome(.limit(.handshake)))
        case .open, .failing(_, noticed: nil): return quietTooLong(at: now, unsentBytes: unsentBytes)
        case .failing, .closing, .draining:
            return end(pendingOutcome ?? CloseOutcome(.limit(.close)), reset: .ifUnread)
        case .closed: return .none
        }
    }

    private mutating func quietTooLong(at now: MonotonicTime, unsentBytes: Int) -> Action {
        if !holds.isDisjoint(with: [.paused, .receiver]) {
            // The peer's bytes may be waiting in the kernel: it is not silent, we do not read.
            lastReceived = now
        } else if lastReceived + limits.idleLimit <= now {
            return close(.goingAway, reason: LimitName.idle.rawValue, because: .idle, at: now)
        } else if let pingInterval = limits.pingInterval, !waitsForReader(unsentBytes) {
            if isAwaitingPong && lastReceived + pingInterval + pingInterval <= now {
                return close(.internalError, reason: "no answer to a Ping", because: .pong, at: now)
            }
            if !isAwaitingPong && lastReceived + pingInterval <= now {
                isAwaitingPong = true
                return .ping(until: openDeadline(at: now, unsentBytes: unsentBytes))
            }
        }
        return .wait(until: openDeadline(at: now, unsentBytes: unsentBytes))
    }

    /// Whether nothing is read from the peer until it reads more: what shows that it is alive may be waiting.
    private func waitsForReader(_ unsentBytes: Int) -> Bool {
        holds.contains(.backPressure) || role == .server && unsentBytes > 0
    }
}
