import Sockets
import WebSocketProtocol

/// What the peers of one drive share, on its loop.
struct PeerSupplies {
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)
    let contexts = DeflateContexts()
    let sources = SourceAddresses()
    let rendezvous = Rendezvous()
    let numbers: ConnectionNumbers
}

/// The numbers of a driver's connections, from 1; confined to its loop.
final class ConnectionNumbers: @unchecked Sendable {
    private var last = 0

    func next() -> Int {
        last += 1
        return last
    }
}

/// The addresses that peers come from: each has some 28,000 ports, and all of 127.0.0.0/8 is this machine.
final class SourceAddresses {
    private var index: UInt8 = 0
    private static let last: UInt8 = 253

    /// Where a connection to `target` is to come from; nil leaves it to the kernel.
    func current(for target: SocketAddress) -> SocketAddress? {
        index == 0 ? nil : SocketAddress(host: .ipv4(0x7F00_0001 + UInt32(index)), port: 0)
    }

    /// Goes on to the next address, when the ports of this one are used up; false where there is none.
    func advance(for target: SocketAddress) -> Bool {
        guard case .ipv4 = target.host, target.isLoopback, index < Self.last else { return false }
        index += 1
        return true
    }
}

/// Where peers wait for each other.
final class Rendezvous {
    private var waiting: [Peer] = []
    /// Called after each arrival.
    var arrived: () -> Void = {}

    /// How many wait.
    var count: Int { waiting.count }

    func arrive(_ peer: Peer) {
        waiting.append(peer)
        arrived()
    }

    func leave(_ peer: Peer) {
        waiting.removeAll { $0 === peer }
    }

    /// Lets everybody go on.
    func release() {
        let released = waiting
        waiting = []
        for peer in released { peer.next() }
    }
}
