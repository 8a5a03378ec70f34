/// A TCP socket that a process holds, as evidence.
public struct HeldTCPSocket: Sendable, Hashable, CustomStringConvertible {
    /// The descriptor's number.
    public var descriptor: Int32
    /// The near end.
    public var local: TCPEndpoint
    /// The far end; of a listening socket the unspecified address and port 0.
    public var remote: TCPEndpoint
    /// The state, as the kernel spells it.
    public var state: TCPState

    /// For example `descriptor 12: 127.0.0.1:9001 to 127.0.0.1:40312 CLOSE_WAIT`.
    public var description: String { "descriptor \(descriptor): \(local) to \(remote) \(state)" }
}

extension ProcessReader {
    /// The TCP sockets that the process holds, in the order of their descriptors.
    ///
    /// Descriptors and the kernel's table cannot be read at one instant: sockets that are opened or closed meanwhile may
    /// be missing, as are those that were never bound or connected.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func tcpSockets() throws(ProcessReadFailure) -> [HeldTCPSocket] {
        let held = try scan().sockets
        guard !held.isEmpty else { return [] }
        var rows: [UInt64: TCPRow] = [:]
        for table in ["net/tcp", "net/tcp6"] {
            _ = try forEachLineIfPresent(of: table) { line in
                if let row = TCPRow(line: line), row.inode != 0 { rows[row.inode] = row }
            }
        }
        return held.compactMap { socket in
            rows[socket.inode].map {
                HeldTCPSocket(
                    descriptor: socket.descriptor, local: $0.local, remote: $0.remote, state: $0.state)
            }
        }.sorted { $0.descriptor < $1.descriptor }
    }
}
