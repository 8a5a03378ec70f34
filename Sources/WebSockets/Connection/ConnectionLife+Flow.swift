import WebSocketProtocol

/// What may be sent and read. `queued` are the bytes of output that the kernel has not taken yet.
extension ConnectionLife {
    /// What becomes of a message that is to be sent now; nil if it is sent.
    ///
    /// A fault that our side has not noticed takes it without a word.
    mutating func refusal(queued: Int) -> SendOutcome? {
        guard isOpen else { return isFailingUnnoticed ? .accepted : .closed }
        guard queued < limits.sendBufferBytes else {
            isRefused = true
            return .bufferFull
        }
        return nil
    }

    /// Output waits. From a quarter of the send buffer on an open server reads no more.
    ///
    /// Only a server: if both ends stopped reading because the other does, neither would ever continue.
    mutating func outputQueued(_ queued: Int) {
        if role == .server && queued >= limits.sendBufferBytes / 4 && isOpen { holds.insert(.backPressure) }
    }

    /// Whether the handler is to be told once output has been taken: messages were refused, or reading is held.
    var awaitsDrain: Bool { isRefused || holds.contains(.backPressure) }

    /// Output was taken; true if that ends the back-pressure, or a refusal, so that the handler may send again.
    mutating func outputDrained(to queued: Int) -> Bool {
        guard queued <= limits.sendBufferBytes / 16, awaitsDrain else { return false }
        holds.remove(.backPressure)
        isRefused = false
        return true
    }

    /// Takes no messages from now on.
    mutating func hold(_ reason: ReadHold) {
        holds.insert(reason)
    }

    /// Ends one reason to take no messages; false if it did not hold.
    mutating func release(_ reason: ReadHold) -> Bool {
        guard holds.contains(reason) else { return false }
        holds.remove(reason)
        return true
    }
}
