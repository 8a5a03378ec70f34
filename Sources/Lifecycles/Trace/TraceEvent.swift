public import Remedies

/// Something that one peer did or saw.
public struct TraceEvent: Hashable, Sendable {
    /// The connection's number, from 1, among all that its driver makes.
    public var connection: Int
    /// The time since the connection was begun.
    public var time: Duration
    /// What it was.
    public var kind: Kind

    /// An event of a connection, `time` after its beginning.
    package init(connection: Int, time: Duration, kind: Kind) {
        (self.connection, self.time, self.kind) = (connection, time, kind)
    }

    /// What a peer can do or see.
    public enum Kind: Hashable, Sendable {
        /// TCP is connected.
        case connected
        /// A step begins; as a script writes it.
        case step(String)
        /// The kernel took these bytes, which may be a part of what was to be sent.
        case sent([UInt8])
        /// These bytes came.
        case received([UInt8])
        /// These records of TLS, or a part of one, passed over the socket, where the lifecycle is about TLS.
        case records([UInt8], isSent: Bool)
        /// The target ended the stream, or reset it; in words.
        case streamEnded(String)
        /// The connection is over; what went wrong, or nil if it completed.
        case ended(problem: Problem?)
    }
}
