import ArgumentParser
import WebSocketProtocol
import WebSockets

/// What peers that mean harm do, how many they are, and what must stop them.
enum HostileScenario: String, CaseIterable, ExpressibleByArgument {
    case slowRequest = "one-byte-a-second"
    case headerFlood = "header-flood"
    case endlessHeader = "endless-header"
    case endlessFragments = "endless-fragments"
    case manyFragments = "unfinished-messages"
    case bomb = "compression-bomb"
    case pingFlood = "ping-flood"
    case neverReads = "never-reads"
    case halfOpen = "half-open"
    case resets = "reset-at-every-byte"
    case ends = "end-at-every-byte"
    case descriptors = "out-of-descriptors"

    /// One line for the table.
    var summary: String {
        switch self {
        case .slowRequest: "send their request one byte a second"
        case .headerFlood: "send a request of 1,000 fields"
        case .endlessHeader: "send a field that never ends"
        case .endlessFragments: "send fragments for ever"
        case .manyFragments: "send large messages without their last fragment, and wait"
        case .bomb: "send 1,000:1 of compressed zeros"
        case .pingFlood: "send Pings as fast as they can and read no Pong"
        case .neverReads: "read nothing while the server pushes"
        case .halfOpen: "open and fall silent, as if their host were gone"
        case .resets: "reset a session after each of its bytes"
        case .ends: "end the stream after each of a session's bytes"
        case .descriptors: "connect to a process that may open 64 descriptors, and wait"
        }
    }

    /// Peers at a time.
    var peers: Int {
        switch self {
        case .slowRequest: 10_000
        case .headerFlood, .endlessHeader: 1000
        case .endlessFragments, .bomb, .pingFlood: 100
        case .manyFragments: 200
        case .neverReads: 400
        case .halfOpen: 5000
        case .resets, .ends: HostilePeer.session.count + 1
        case .descriptors: 300
        }
    }

    /// The limits that the log must name.
    var limits: Set<LimitName> {
        switch self {
        case .slowRequest: [.handshake]
        case .headerFlood: [.fields]
        case .endlessHeader: [.head]
        case .endlessFragments, .bomb: [.message]
        case .manyFragments: [.buffered]
        case .pingFlood, .neverReads: [.idle]
        case .halfOpen: [.pong]
        case .resets, .ends: []
        case .descriptors: [.descriptors]
        }
    }

    /// The most bytes of live heap that the server may hold for all of them together.
    var allowedBytes: Int {
        // What a connection takes without buffers, its object, its machine and its places in tables.
        let bare = peers * 2048
        let configuration = configuration
        let held: Int =
            switch self {
            case .headerFlood, .endlessHeader: peers * 2 * configuration.limits.handshake.maximumHeadBytes
            // The message, in a buffer that doubles; the compressed one beside it is small.
            case .endlessFragments, .bomb: peers * 2 * configuration.limits.messages.maximumMessageBytes
            // One may exceed what all may hold before it is told.
            case .manyFragments:
                configuration.maximumBufferedBytes + 2 * configuration.limits.messages.maximumMessageBytes
            case .pingFlood, .neverReads: peers * 2 * configuration.limits.sendBufferBytes
            case .slowRequest, .halfOpen, .resets, .ends, .descriptors: 0
            }
        return bare + held + 1 << 20
    }

    /// Descriptors that the server's process may open; nil for all there are.
    var descriptorLimit: Int? { self == .descriptors ? 64 : nil }

    /// The defaults, with times short enough to wait for and buffers small enough to be filled.
    var configuration: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.limits.closeLimit = .seconds(1)
        switch self {
        case .slowRequest: configuration.limits.handshakeLimit = .seconds(4)
        case .endlessFragments, .bomb: configuration.limits.messages = MessageLimits(maximumMessageBytes: 1 << 18)
        case .manyFragments:
            configuration.limits.messages = MessageLimits(maximumMessageBytes: 1 << 20)
            configuration.maximumBufferedBytes = 32 << 20
            configuration.limits.idleLimit = .seconds(2)
            configuration.limits.pingInterval = nil
        case .pingFlood, .neverReads:
            configuration.limits.sendBufferBytes = 1 << 16
            configuration.limits.idleLimit = .seconds(2)
            configuration.limits.pingInterval = nil
        case .halfOpen: configuration.limits.pingInterval = .seconds(1)
        case .descriptors: configuration.limits.handshakeLimit = .seconds(4)
        case .headerFlood, .endlessHeader, .resets, .ends: break
        }
        return configuration
    }

    /// What the server does for a connection: an echo, or for these peers a flood.
    func handler(_ upgrade: Upgrade) -> any ConnectionHandler {
        upgrade.request.path == "/push"
            ? PushHandler(messageBytes: 8192, every: .milliseconds(5)) : EchoHandler()
    }

    /// What the peer with this number does.
    func behaviour(_ number: Int) -> HostilePeer.Behaviour {
        typealias Peer = HostilePeer
        let request = Peer.request()
        switch self {
        case .slowRequest: return .init(opening: request, interval: .seconds(1))
        case .headerFlood:
            return .init(opening: Peer.request(fields: String(repeating: "A: b\r\n", count: 1000)))
        case .endlessHeader:
            return .init(
                opening: Array("GET / HTTP/1.1\r\nX: ".utf8), repeated: [UInt8](repeating: 0x61, count: 4096))
        case .endlessFragments:
            return .init(
                opening: request + Peer.frame(0x01, [0x61]),
                repeated: Peer.frame(0x00, [UInt8](repeating: 0x61, count: 1000)))
        case .manyFragments:
            // Each below every limit of its own, together far beyond what there is room for.
            return .init(opening: request + Peer.frame(0x02, [UInt8](repeating: 0x61, count: 700_000)))
        case .bomb:
            return .init(
                opening: Peer.request(fields: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
                    + Peer.frame(0xC2, Peer.bomb))
        case .pingFlood:
            return .init(
                opening: request, repeated: Peer.frame(0x89, [UInt8](repeating: 0x61, count: 125)), reads: false)
        case .neverReads: return .init(opening: Peer.request(path: "/push"), reads: false)
        case .halfOpen: return .init(opening: request)
        case .resets: return .init(opening: Array(Peer.session.prefix(number)), leaves: .reset)
        case .ends: return .init(opening: Array(Peer.session.prefix(number)), leaves: .end)
        case .descriptors: return .init(opening: [])
        }
    }
}
