/// A listening socket and the number of connections that wait to be accepted.
public struct ListenerQueue: Sendable, Hashable {
    /// Where it listens.
    public var local: TCPEndpoint
    /// Connections established and not accepted.
    public var length: Int
    /// The number that joins the socket to a descriptor.
    public var inode: UInt64

    /// Reads a row of a listening socket; nil for one in another state.
    package init?(row: TCPRow) {
        guard row.state == .listen else { return nil }
        local = row.local
        length = row.receiveQueue
        inode = row.inode
    }
}
