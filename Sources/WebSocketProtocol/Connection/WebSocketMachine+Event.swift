extension WebSocketMachine {
    /// What the input means.
    public enum Event: Hashable, Sendable {
        /// A whole message (RFC 6455, section 6.2).
        case message(MessageKind, Payload)
        /// A Ping; the Pong is already in `replies`, unless our Close frame was sent before (section 5.5.2).
        case ping(Payload)
        /// A Pong, solicited or not (section 5.5.3).
        case pong(Payload)
        /// The peer's Close frame, `noStatusReceived` if it carried no code; or `abnormalClosure` for a lost stream.
        ///
        /// Our answer is already in `replies`, unless our Close frame was sent before (section 5.5.1).
        case close(CloseCode, reason: String)
        /// The peer broke a rule: send `replies`, then close the stream (section 7.1.7).
        ///
        /// `replies` ends with a Close frame that carries the failure's code, if one may still be sent. Later input is
        /// discarded.
        case failure(ProtocolFailure)
    }

    /// Where an event's payload lies.
    public enum Payload: Hashable, Sendable {
        /// In the input span, unmasked.
        case input(Range<Int>)
        /// In the machine: take it with ``WebSocketMachine/takeAssembled()`` before the next call.
        case assembled
    }
}
