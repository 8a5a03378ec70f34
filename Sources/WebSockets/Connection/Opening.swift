import Sockets
import WebSocketProtocol

/// One side of the opening handshake; exists only until it is over.
protocol Opening: AnyObject {
    /// TCP is connected: a client sends its request.
    func connected(_ connection: Connection)
    /// Takes handshake bytes from `input` at `position`.
    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep
    /// Bytes of memory held for an incomplete head.
    var bufferedBytes: Int { get }
    /// The connection ended before it was open.
    func failed(_ outcome: CloseOutcome)
}

/// What follows from the handshake bytes so far.
enum OpeningStep {
    case needsMore
    /// The connection is open, compressed or not; the handler for what follows is made once it is.
    case opened(DeflateAgreement?, () -> any ConnectionHandler)
    /// An HTTP answer is queued, with the limit that caused it, if one did: send it, half-close, and wait for the peer
    /// to leave.
    case answered(status: Int, LimitName?)
    /// There is nothing to say to the peer.
    case failed(CloseOutcome)
}
