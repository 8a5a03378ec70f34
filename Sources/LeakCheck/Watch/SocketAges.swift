package import ProcessResources

/// Since when the sockets of a target have been in their states, by inode.
///
/// Keeps one entry for each open socket.
package struct SocketAges: Sendable {
    private struct Stay {
        var state: TCPState
        var since: Double
    }

    private var stays: [UInt64: Stay] = [:]

    /// No socket seen yet.
    package init() {}

    /// Takes note of the sockets that are open `seconds` after the beginning; those left out are closed.
    package mutating func update(_ sockets: [UInt64: TCPState], at seconds: Double) {
        var now: [UInt64: Stay] = [:]
        now.reserveCapacity(sockets.count)
        for (inode, state) in sockets {
            if let stay = stays[inode], stay.state == state {
                now[inode] = stay
            } else {
                now[inode] = Stay(state: state, since: seconds)
            }
        }
        stays = now
    }

    /// For how many seconds, `seconds` after the beginning, the socket that has been in a state longest has been in it:
    /// by state, as far as it was seen.
    package func oldest(at seconds: Double) -> [TCPState: Double] {
        stays.values.reduce(into: [:]) { $0[$1.state] = max($0[$1.state] ?? 0, seconds - $1.since) }
    }
}
