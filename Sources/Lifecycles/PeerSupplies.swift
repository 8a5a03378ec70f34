import Sockets
import SystemCalls
import WebSocketProtocol

/// What the peers of one drive share; confined to its loop.
final class PeerSupplies: @unchecked Sendable {
    let lifecycle: Lifecycle
    let script: PeerScript
    /// The lifecycle's point.
    let point: Int
    /// Whether what an ignoring peer reads is looked through for Pings.
    let watchesForPings: Bool
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)
    let contexts = DeflateContexts()
    let sources: SourceAddresses
    let rendezvous = Rendezvous()
    let numbers: ConnectionNumbers
    /// How long peers stay: the script's limit, and no longer at all once the drive is cancelled.
    private(set) var holdLimit: Duration
    /// The request of all peers, where it is the same for all.
    private var request: ClientRequest?

    init(_ lifecycle: Lifecycle, _ script: PeerScript, numbers: ConnectionNumbers) {
        self.lifecycle = lifecycle
        self.script = script
        self.numbers = numbers
        holdLimit = script.holdLimit
        point = lifecycle.point ?? .max
        watchesForPings = lifecycle.steps.contains(.hold)
        sources = SourceAddresses(target: script.address)
    }

    /// Nobody stays from now on.
    func endStays() { holdLimit = .zero }

    /// The opening handshake of the connection with this number.
    func handshake(number: Int) throws(ClientRequestError) -> ClientHandshake {
        var key = [UInt8](repeating: 0, count: 16)
        for at in stride(from: 0, to: key.count, by: 4) {
            let word = maskingKeys.next()
            for place in 0..<4 { key[at + place] = UInt8(truncatingIfNeeded: word >> UInt32(8 * place)) }
        }
        if let request { return try ClientHandshake(request, key: key) }
        let made = try script.request(lifecycle, number: number)
        if !script.isTemplate { request = made }
        return try ClientHandshake(made, key: key)
    }
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
///
/// The kernel gives every other port first, and looks for the rest one by one: from half of the ports on, connecting costs
/// twenty times as much. So a second address is used long before the first has no port left. Only peers of a target on
/// IPv4 loopback have more than one.
final class SourceAddresses {
    /// Connections open from each address; the first is the kernel's choice.
    private var open = [0]
    /// The address that the next connection comes from.
    private var index = 0
    private let mayAdvance: Bool
    private static let most = 253
    /// Connections at a time from one address, unless it is the last.
    static let preferredConnections = 10_000

    init(target: SocketAddress) {
        if case .ipv4 = target.host { mayAdvance = target.isLoopback } else { mayAdvance = false }
    }

    /// Chooses where a connection comes from, to be given back with `leave`.
    func take() -> Int {
        if open[index] >= Self.preferredConnections {
            index = open.firstIndex { $0 < Self.preferredConnections } ?? index
            if open[index] >= Self.preferredConnections { _ = advance() }
        }
        open[index] += 1
        return index
    }

    /// A connection from the address with this index has ended, or did not come about.
    func leave(_ index: Int) { open[index] -= 1 }

    /// The address with this index; nil leaves it to the kernel.
    func address(_ index: Int) -> SocketAddress? {
        index == 0 ? nil : SocketAddress(host: .ipv4(0x7F00_0001 + UInt32(index)), port: 0)
    }

    /// Goes on to an address that was not used yet, when the ports of those before are used up; false where there is none.
    func advance() -> Bool {
        guard mayAdvance, open.count < Self.most else { return false }
        open.append(0)
        index = open.count - 1
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
