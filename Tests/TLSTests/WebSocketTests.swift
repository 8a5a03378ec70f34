import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import TLS

@Suite("WebSocket over TLS", .serialized)
struct WebSocketTests {
    @Test("messages of every size come back, and both ends close in good order", arguments: TLSContext.Version.allCases)
    func echo(latest: TLSContext.Version) async throws {
        try await SecureServer.with(latest) { secure in
            #expect(secure.server.url.hasPrefix("wss://127.0.0.1:"))
            let client = try await WebSocketClient.connect(to: secure.server.url, secure.client)
            for size in [0, 1, 125, 126, 16_380, 65_536, 1 << 18, 1 << 20] {
                let bytes = pattern(size)
                try await client.send(bytes)
                #expect(try #require(await client.receive()).bytes == bytes, "\(size) bytes")
            }
            #expect(await client.encryptionSummary?.version == "TLSv\(latest.rawValue)")
            #expect(await client.close() == CloseOutcome(.locallyClosed, code: .normalClosure))
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.peerClosed, code: .normalClosure)])
        }
    }

    @Test("messages larger than all buffers, to a reader who begins when the server can send no more")
    func slowReader() async throws {
        try await SecureServer.with {
            $0.limits.sendBufferBytes = 1 << 16
        } _: { secure in
            let loop = try EventLoop(name: "reader")
            defer { loop.stop() }
            let client = try await WebSocketClient.connect(to: secure.server.url, secure.client, on: loop)
            let bytes = pattern(8 << 20)
            let sending = Task {
                for _ in 0..<6 { try await Self.send(bytes, on: client) }
            }
            // Until the client reads nothing more by itself, and the server's kernel has no room.
            #expect(
                await eventually {
                    guard await loop.run({ loop.channels.allSatisfy { !$0.interest.contains(.readable) } }) else {
                        return false
                    }
                    return await secure.ofConnection { $0.unsentBytes > 0 && $0.bufferedBytes > 0 } == true
                })
            for _ in 0..<6 { #expect(try #require(await client.receive()).bytes == bytes) }
            try await sending.value
            #expect(await client.close().isClean)
        }
    }

    /// What the calling thread has used of the processor.
    private static var threadTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Waits for room as often as it takes.
    private static func send(_ bytes: [UInt8], on connection: AsyncConnection) async throws {
        while true {
            do throws(SendFailure) {
                return try await connection.send(bytes)
            } catch .bufferFull {
                try await connection.drained()
            } catch {
                throw error
            }
        }
    }

    @Test(
        "a peer that does not read holds the server back, which then waits without spinning, and gets everything in order"
    )
    func unread() async throws {
        try await SecureServer.with {
            $0.limits.sendBufferBytes = 1 << 16
        } _: { secure in
            let peer = try BlockingPeer(secure.server.address)
            try peer.open()
            let message = BlockingPeer.frame(0x82, pattern(60_000))
            // Until the server can send no more, and so takes no more, and the kernel does not either.
            var sent = 0
            let isHeld = await eventually {
                if peer.sendAll() {
                    peer.take(message)
                    sent += 1
                    return sent == 2000
                }
                return await secure.ofConnection { $0.unsentBytes > 0 } == true
            }
            try #require(isHeld && sent < 2000, "the server takes everything")
            let start = try #require(await secure.ofConnection { _ in Self.threadTime })
            let clock = ContinuousClock.now
            // Nothing happens meanwhile: that is what is measured.
            #expect(await eventually { clock.duration(to: .now) > .milliseconds(500) })
            let used = try #require(await secure.ofConnection { _ in Self.threadTime }) - start
            #expect(used < clock.duration(to: .now) / 5, "\(used)")
            try peer.finishSending(reading: sent)
            #expect(peer.received == [UInt8]((0..<sent).flatMap { _ in BlockingPeer.answer(pattern(60_000)) }))
            peer.end()
        }
    }

    @Test("a peer that does not read, so that the server cannot read either, is not silent")
    func unreadIsNotSilent() async throws {
        let identity = try TLSIdentity.selfSigned()
        var configuration = ServerConfiguration()
        configuration.encryption = try TLSContext.server(identity)
        configuration.limits.pingInterval = .milliseconds(100)
        // So that it is the unsent ciphertext which holds reading, not the backlog.
        configuration.limits.sendBufferBytes = 1 << 28
        let outcomes = Locked<[CloseOutcome]>([])
        configuration.connectionEnds = { _, outcome in outcomes.withLock { $0.append(outcome) } }
        let flooding = Flooding()
        let isFirst = Locked(true)
        let server = try await WebSocketServer.start(configuration) { _ in
            isFirst.withLock { (first: inout Bool) -> any ConnectionHandler in
                defer { first = false }
                return first ? flooding : EchoHandler()
            }
        }
        let unread = try BlockingPeer(server.address)
        try unread.open()
        #expect(await eventually { flooding.unsentBytes > 0 })
        // One that opened later, and answers nothing.
        let silent = try BlockingPeer(server.address)
        try silent.open()
        #expect(await eventually { outcomes.withLock { !$0.isEmpty } })
        #expect(await eventually { await server.connectionCount == 1 })
        #expect(flooding.outcome == nil && outcomes.withLock { $0.map(\.limit) } == [.pong])
        await server.shutdownNow()
        withExtendedLifetime((unread, silent)) {}
    }

    /// Sends more than all kernels take, once.
    private final class Flooding: ConnectionHandler, Sendable {
        private let state = Locked<(unsentBytes: Int, outcome: CloseOutcome?)>((0, nil))
        var unsentBytes: Int { state.withLock { $0.unsentBytes } }
        var outcome: CloseOutcome? { state.withLock { $0.outcome } }
        func opened(_ connection: Connection) {
            let bytes = [UInt8](repeating: 7, count: 48 << 20)
            bytes.withUnsafeBytes { _ = connection.send(.binary, $0.bytes) }
            state.withLock { $0.unsentBytes = connection.unsentBytes }
        }
        func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}
        func closed(_ connection: Connection, _ outcome: CloseOutcome) { state.withLock { $0.outcome = outcome } }
    }

    @Test("the callback API; without a name the address is expected in the certificate", arguments: ["localhost", nil])
    func callbacks(serverName: String?) async throws {
        try await SecureServer.with { secure in
            let loop = EventLoop.shared
            let echo = Locked<[UInt8]>([])
            let handshake = try ClientHandshake(
                host: "localhost", target: "/", key: [UInt8](repeating: 7, count: 16))
            let sender = Sender(echo)
            let encryption = secure.client.encryption
            let address = secure.server.address
            let parts = Locked<ClientHandshake?>(handshake)
            await loop.run {
                guard let handshake = parts.withLock({ $0.take() }) else { return }
                WebSocketClient.open(
                    address, handshake, handler: sender, on: loop, encryption: encryption, serverName: serverName
                ) { Issue.record("\($0)") }
            }
            #expect(await eventually { echo.withLock { $0 } == Array("hello".utf8) })
        }
    }

    @Test("the callback API: an address that is not in the certificate")
    func misnamedAddress() async throws {
        let identity = try TLSIdentity.selfSigned(for: ["localhost"])
        var configuration = ServerConfiguration()
        configuration.encryption = try TLSContext.server(identity)
        let server = try await WebSocketServer.start(configuration) { _ in EchoHandler() }
        let encryption = try TLSContext.client(trusting: identity)
        let address = server.address
        let failure = Locked<ConnectFailure?>(nil)
        let handshake = Locked<ClientHandshake?>(
            try ClientHandshake(host: "localhost", target: "/", key: [UInt8](repeating: 7, count: 16)))
        let loop = EventLoop.shared
        let sender = Sender(Locked([]))
        await loop.run {
            guard let handshake = handshake.withLock({ $0.take() }) else { return }
            WebSocketClient.open(address, handshake, handler: sender, on: loop, encryption: encryption) { problem in
                failure.withLock { $0 = problem }
            }
        }
        #expect(await eventually { failure.withLock { $0 } != nil })
        #expect(failure.withLock { $0 }?.description.contains("IP address mismatch") == true)
        await server.shutdownNow()
    }

    private final class Sender: ConnectionHandler, @unchecked Sendable {
        let echo: Locked<[UInt8]>
        init(_ echo: Locked<[UInt8]>) { self.echo = echo }
        func opened(_ connection: Connection) { connection.send("hello") }
        func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
            echo.withLock { $0 = bytes.withUnsafeBytes { Array($0) } }
            connection.close()
        }
    }
}
