import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

/// What the peers of one drive share; confined to its loop.
final class PeerSupplies: @unchecked Sendable {
    let lifecycle: Lifecycle
    let script: PeerScript
    /// How the application speaks.
    let opening: Opening
    /// What the peers do: the lifecycle's steps, with those of the opening before them and after the upgrade.
    let steps: [Lifecycle.Step]
    /// The indices of the opening's steps after the upgrade; empty where there are none.
    let openingSteps: Range<Int>
    /// How many steps at the beginning are the opening's.
    let openingRequests: Int
    /// How many steps come before the peer's own connection.
    let stepsBeforeConnection: Int
    /// The index in `steps` of the lifecycle's point.
    let point: Int
    /// Whether an ignoring peer looks for Pings in its input.
    let watchesForPings: Bool
    /// Whether steps wait for certain messages, so that peers must keep what comes.
    let hasDialogue: Bool
    /// Whether peers must look into what comes.
    let looksIntoMessages: Bool
    /// Whether an exchanged message is its filling, and nothing must be filled in.
    let saysFillingOnly: Bool
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)
    let contexts = DeflateContexts()
    let sources: SourceAddresses
    let rendezvous = Rendezvous()
    let patterns = Patterns()
    let numbers: ConnectionNumbers
    /// What the peers tell what they do and see; nil where nobody looks.
    let trace: (@Sendable (TraceEvent) -> Void)?
    /// What the first encrypted connection agreed on.
    var encryption: EncryptionSummary?
    /// Why the first that could not be encrypted could not.
    var encryptionFailure: EncryptionFailure?
    /// Whether each peer resumes the session of the one before.
    let keepsTickets: Bool
    /// With what the next peer does.
    var ticket: TLSTicket?
    /// How long peers stay: the script's limit, zero once the drive is cancelled.
    private(set) var holdLimit: Duration
    /// Whether peers may stay: until the drive is cancelled.
    private(set) var mayStay = true
    /// The request of all peers, if it is the same for all.
    private var request: ClientRequest?

    init(
        _ lifecycle: Lifecycle, _ script: PeerScript, numbers: ConnectionNumbers,
        trace: (@Sendable (TraceEvent) -> Void)? = nil
    ) {
        self.trace = trace
        self.lifecycle = lifecycle
        self.script = script
        self.numbers = numbers
        holdLimit = script.holdLimit
        opening = script.options.opening
        let requests = lifecycle.steps.contains(where: \.beginsRequest) ? opening.requests : []
        openingRequests = requests.count
        (steps, openingSteps) = (requests + lifecycle.steps).joined(by: opening.steps)
        stepsBeforeConnection = steps.beforeConnection.count
        point = lifecycle.point.map { [added = openingSteps.count + requests.count] in $0 + added } ?? .max
        saysFillingOnly = opening.message == [.send(Template("{filling}"))]
        looksIntoMessages = opening.readsMessages || steps[stepsBeforeConnection...].contains(where: \.isExpectation)
        watchesForPings = steps.contains { $0.isStay && $0 != .stay }
        hasDialogue = steps.contains { $0.isExpectation || $0.isHTTP }
        keepsTickets = steps.contains(.tls(.handshake(.resuming)))
        sources = SourceAddresses(target: script.address)
    }

    /// No peer stays from now on.
    func endStays() {
        holdLimit = .zero
        mayStay = false
    }

    /// Which step of the opening, from 0, the peers' step with this index is; nil for none.
    func openingStep(_ step: Int) -> Int? {
        if step < openingRequests { return step }
        return openingSteps.contains(step) ? openingRequests + step - openingSteps.lowerBound : nil
    }

    /// The opening handshake of one connection, for `target` or else the script's, `value` giving what names stand for.
    func handshake(target: String? = nil, _ value: (String) -> String?) throws(ClientRequestError) -> ClientHandshake {
        var key = [UInt8](repeating: 0, count: 16)
        for at in stride(from: 0, to: key.count, by: 4) {
            let word = maskingKeys.next()
            for place in 0..<4 { key[at + place] = UInt8(truncatingIfNeeded: word >> UInt32(8 * place)) }
        }
        if let target {
            return try ClientHandshake(script.request(lifecycle, target: target, value), key: key)
        }
        if let request { return try ClientHandshake(request, key: key) }
        let made = try script.request(lifecycle, value)
        if !script.isTemplate { request = made }
        return try ClientHandshake(made, key: key)
    }
}

extension [Lifecycle.Step] {
    /// The steps with those of an opening after the upgrade, and the indices of these.
    fileprivate func joined(by opening: [Lifecycle.Step]) -> ([Lifecycle.Step], Range<Int>) {
        guard let upgrade = firstIndex(of: .awaitUpgrade), !opening.isEmpty else { return (self, 0..<0) }
        let start = upgrade + 1
        return (self[..<start] + opening + self[start...], start..<(start + opening.count))
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
/// The kernel hands out every other port first, and searches the rest one by one: from half of the ports on, connecting
/// costs twenty times as much. So a second address is used long before the first runs out of ports. Only peers of a
/// target on IPv4 loopback have more than one.
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

    /// Chooses a connection's source address; `leave` gives it back.
    func take() -> Int {
        if open[index] >= Self.preferredConnections {
            index = open.firstIndex { $0 < Self.preferredConnections } ?? index
            if open[index] >= Self.preferredConnections { _ = advance() }
        }
        open[index] += 1
        return index
    }

    /// A connection from the address with this index has ended, or failed to begin.
    func leave(_ index: Int) { open[index] -= 1 }

    /// The address with this index; nil leaves it to the kernel.
    func address(_ index: Int) -> SocketAddress? {
        index == 0 ? nil : SocketAddress(host: .ipv4(0x7F00_0001 + UInt32(index)), port: 0)
    }

    /// Advances to an unused address, when the ports of those before are used up; false if there is none.
    func advance() -> Bool {
        guard mayAdvance, open.count < Self.most else { return false }
        open.append(0)
        index = open.count - 1
        return true
    }
}

/// A barrier at which peers wait for each other.
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

    /// Resumes all of them.
    func release() {
        let released = waiting
        waiting = []
        for peer in released { peer.next() }
    }
}
