extension ProcessTree {
    /// The TCP sockets that the members of the last refresh hold, by inode, which stays a socket's own for as long as it
    /// is open.
    ///
    /// One that no table lists is `TCPState.unlisted`. A socket that is closed meanwhile may be among them once. Skips a
    /// member that ends.
    ///
    /// - Throws: `notPermitted`, `malformed` or `unreadable`.
    package func tcpSockets() throws(ProcessReadFailure) -> [UInt64: TCPState] {
        var cache = SocketTableCache()
        var found: [UInt64: TCPState] = [:]
        for member in members {
            do throws(ProcessReadFailure) {
                let sockets = try member.scan().sockets
                guard !sockets.isEmpty else { continue }
                try cache.withTables(of: member, fresh: false) { (tables) throws(ProcessReadFailure) in
                    for socket in sockets {
                        if let state = try tables.state(of: socket.inode, for: member) { found[socket.inode] = state }
                    }
                }
            } catch {
                guard error.meansEnded else { throw error }
            }
        }
        return found
    }
}
