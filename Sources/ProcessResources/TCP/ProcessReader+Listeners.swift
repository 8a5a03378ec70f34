import Glibc
import SystemCalls

extension ProcessReader {
    /// The listening sockets of any process on a local port, with the connections that wait in each.
    ///
    /// In the process's network namespace. Listening rows come first in the kernel's tables, so only those are read,
    /// but the kernel may walk an empty table to its end (up to 10 ms). Several sockets may share a port, by address or
    /// by `SO_REUSEPORT`.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func listeners(port: UInt16) throws(ProcessReadFailure) -> [ListenerQueue] {
        try listeners().filter { $0.local.port == port }
    }

    /// The ports on which any process of the process's network namespace listens, in order.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func listeningPorts() throws(ProcessReadFailure) -> [UInt16] {
        Set(try listeners().map(\.local.port)).sorted()
    }

    /// Every listening socket of the process's network namespace.
    func listeners() throws(ProcessReadFailure) -> [ListenerQueue] {
        var found: [ListenerQueue] = []
        for table in TCPTable.allCases {
            try forEachListener(in: table) { listener in
                found.append(listener)
                return true
            }
        }
        return found
    }

    /// The same listening socket now; nil if it no longer listens.
    ///
    /// Reads one table, up to the socket's row; cheap enough for a thousand calls a second under load.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func again(_ listener: ListenerQueue) throws(ProcessReadFailure) -> ListenerQueue? {
        let table =
            switch listener.local.address {
            case .v4: TCPTable.version4
            case .v6: TCPTable.version6
            }
        var found: ListenerQueue?
        try forEachListener(in: table) { candidate in
            if candidate.inode == listener.inode { found = candidate }
            return found == nil
        }
        return found
    }

    private func forEachListener(
        in table: TCPTable, _ body: (ListenerQueue) -> Bool
    ) throws(ProcessReadFailure) {
        do {
            let descriptor = try OwnedDescriptor(opening: table.file, in: directory.rawValue, flags: O_RDONLY)
            // For a large read the kernel walks far into the connections before it answers.
            try LineReader(descriptor, capacity: 4096, chunk: 512).forEach { line in
                guard let row = TCPRow(line: line) else { return true }
                guard let listener = ListenerQueue(row: row) else { return false }
                return body(listener)
            }
        } catch {
            // Without IPv6 there is no second table.
            if error.errno == ENOENT, condition == .alive { return }
            throw failure(table.file, error)
        }
    }

    /// Whether the process itself holds a socket that listens on `port`.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func listens(port: UInt16) throws(ProcessReadFailure) -> Bool {
        try holdsSocket(among: Set(listeners(port: port).map(\.inode)))
    }
}
