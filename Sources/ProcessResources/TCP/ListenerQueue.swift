/// A listening socket and how many connections wait in it to be accepted.
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
