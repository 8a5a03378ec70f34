import SystemCalls
import WebSocketProtocol

extension ConnectionLife {
    /// What a connection has to do about an event; `until` is its next deadline.
    enum Action: Hashable, Sendable {
        case none
        /// Wait for what the peer and the buffers call for now.
        case awaitReadiness
        /// The same, with a new deadline.
        case wait(until: MonotonicTime)
        /// TCP is connected: send the request.
        case beginHandshake(until: MonotonicTime)
        /// Send a Ping.
        case ping(until: MonotonicTime)
        /// Send a Close frame, and read on for the peer's; a code that may not be sent is left out.
        case sendClose(CloseCode, reason: String, until: MonotonicTime)
        /// Drop input that is not parsed yet, and report when all output is sent, with `outputSent`.
        case drain(until: MonotonicTime)
        /// Send a FIN; `isBare` if nothing goes before it where bytes are encrypted.
        case halfClose(isBare: Bool, until: MonotonicTime)
        /// Close the descriptor and report the outcome.
        case end(CloseOutcome, reset: Reset)
    }

    /// Whether a connection ends with a reset on the wire.
    enum Reset: Hashable, Sendable {
        case never
        /// If the peer has not taken all that was sent to it: the kernel would keep it after the end.
        case ifUnread
        case always
    }
}
