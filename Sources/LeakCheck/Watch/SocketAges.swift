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

    /// How many sockets have been in `state` for at least `age` seconds, `seconds` after the beginning.
    package func count(in state: TCPState, for age: Double, at seconds: Double) -> Int {
        stays.values.count { $0.state == state && seconds - $0.since >= age }
    }

    /// What the sockets prove by themselves: those whose peers have ended the stream, and that the target has not closed
    /// since (RFC 9293, section 3.6). That is no trend but evidence, however short the watch is.
    package func evidence(at seconds: Double) -> String? {
        let left = count(in: .closeWait, for: Self.longSeconds, at: seconds)
        guard left > 0 else { return nil }
        let subject = left == 1 ? "1 socket has" : "\(left) sockets have"
        let rest =
            left == 1
            ? "its peer has left and the server has not closed it"
            : "their peers have left and the server has not closed them"
        return "\(subject) been in CLOSE_WAIT for more than \(Int(Self.longSeconds)) s: \(rest)"
    }

    /// Longer than a server needs to find out that a peer has left.
    private static let longSeconds = 60.0

    /// For how many seconds, `seconds` after the beginning, the socket that has been in a state longest has been in it:
    /// by state, as far as it was seen.
    package func oldest(at seconds: Double) -> [TCPState: Double] {
        stays.values.reduce(into: [:]) { $0[$1.state] = max($0[$1.state] ?? 0, seconds - $1.since) }
    }
}
