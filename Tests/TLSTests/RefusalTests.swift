import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

@testable import TLS

@Suite("Refusals and ends over TLS", .serialized)
struct RefusalTests {
    private func failure(_ url: String, _ configuration: ClientConfiguration) async -> String {
        do {
            let connection = try await WebSocketClient.connect(to: url, configuration)
            await connection.close()
            return "connected"
        } catch {
            return "\(error)"
        }
    }

    @Test("an untrusted certificate: what each end says of it")
    func untrusted() async throws {
        try await SecureServer.with { secure in
            var configuration = secure.client
            configuration.encryption = try TLSContext.client(trusting: TLSIdentity.selfSigned(for: ["elsewhere"]))
            let words = await failure(secure.server.url, configuration)
            #expect(words.contains("the certificate of CN=localhost is not trusted: self"))
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.encryptionFailed(.alert("unknown CA")))])
        }
    }

    @Test("clear text to a TLS port, TLS to a clear port, and no encryption at all")
    func schemes() async throws {
        try await SecureServer.with { secure in
            let clear = secure.server.url.replacing("wss://", with: "ws://")
            #expect(await failure(clear, secure.client).contains("write wss:// in place of ws://"))
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.encryptionFailed(.notEncrypted))])
            #expect(
                await failure(secure.server.url, ClientConfiguration()).contains("give ClientConfiguration.encryption"))
            let plain = try await WebSocketServer.serve { _, _ in }
            let url = plain.url.replacing("ws://", with: "wss://")
            #expect(await failure(url, secure.client).contains("does not speak TLS"))
            await plain.shutdownNow()
        }
    }

    @Test(
        "a peer that says nothing, or half a ClientHello, has the handshake's limit and no more", arguments: [0, 100])
    func silent(bytes: Int) async throws {
        try await SecureServer.with {
            $0.limits.handshakeLimit = .milliseconds(50)
        } _: { secure in
            let peer = try BlockingPeer(secure.server.address)
            if bytes > 0 { peer.sendHello(prefix: bytes) }
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.limit(.handshake))])
        }
    }

    @Test("the end of the stream with and without close_notify", arguments: [true, false])
    func ends(isNotified: Bool) async throws {
        try await SecureServer.with { secure in
            let peer = try BlockingPeer(secure.server.address)
            try peer.open()
            peer.end(notifying: isNotified)
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.endOfStream)])
        }
    }

    @Test("the FIN follows close_notify, but for a stream that ends as if by a kill", arguments: [false, true])
    func bareEnd(isBare: Bool) async throws {
        var configuration = ServerConfiguration()
        configuration.encryption = try TLSContext.server(TLSIdentity.selfSigned())
        let server = try await WebSocketServer.start(configuration) { _ in Leaving() }
        let peer = try BlockingPeer(server.address)
        try peer.open()
        try peer.send(BlockingPeer.frame(isBare ? 0x82 : 0x88, []), thenNotify: false)
        #expect(try peer.readToEnd() == (isBare ? nil : .closeNotify))
        await server.shutdownNow()
    }

    /// Ends the stream with the first message.
    private final class Leaving: ConnectionHandler {
        func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) { connection.closeStream() }
    }

    @Test("close_notify from a peer that keeps TCP open ends the connection")
    func notifiedAndHeld() async throws {
        try await SecureServer.with { secure in
            let peer = try BlockingPeer(secure.server.address)
            try peer.open()
            // With the last message, so that the end is read together with it.
            try peer.send(BlockingPeer.frame(0x82, [1, 2, 3]), thenNotify: true)
            #expect(await eventually { secure.outcomes.withLock { $0.count } == 1 })
            #expect(secure.outcomes.withLock { $0 } == [CloseOutcome(.endOfStream)])
        }
    }
}
