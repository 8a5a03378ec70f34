/// What a target showed from outside when a script was played once.
///
/// Two scripts with the same signature made the target do the same, as far as a client can see. As AFLNet does with response
/// codes (Pham, Böhme and Roychoudhury, 2020), a script with a signature not seen before is kept and changed further.
package struct AnswerSignature: Hashable, Sendable, Codable {
    /// How a connection ended.
    package enum End: String, Hashable, Sendable, Codable {
        /// The peer left first.
        case peer
        /// The target ended the stream first.
        case target
        /// The target reset TCP.
        case reset
    }

    /// What a close reason is like.
    package enum Reason: String, Hashable, Sendable, Codable {
        case none, short, long
    }

    /// The status of the answer to the request; nil where none came.
    package var status: Int?
    /// The code of the target's Close frame, 1005 for one without; nil where none came.
    package var closeCode: Int?
    /// What its reason is like.
    package var reason = Reason.none
    /// How many text messages, binary messages, Pings and Pongs came, rounded down to powers of two.
    package var texts = 0
    package var binaries = 0
    package var pings = 0
    package var pongs = 0
    /// Whether something came that is no frame.
    package var hasGarbage = false
    /// Who ended first, and how.
    package var end = End.peer
    /// How long it took, in milliseconds rounded down to a power of two; 0 below 256, which says more of the machine than of the
    /// target.
    package var milliseconds = 0
    /// Whether a step waited in vain.
    package var isStalled = false

    /// The largest power of two that is not above `number`; 0 for 0.
    static func rounded(_ number: Int) -> Int {
        number <= 0 ? 0 : 1 << (Int.bitWidth - 1 - number.leadingZeroBitCount)
    }
}
