import COpenSSL
import Glibc
import Lifecycles
import Sockets
import SystemCalls
import Testing
import WebSocketProtocol

@testable import TLS

/// What peers of a check make of ciphertext that carries nothing for them.
@Suite("Lifecycles against a server whose sessions can be resumed", .serialized)
struct TicketTests {
    @Test("a session's ticket is no answer", arguments: [false, true])
    func unread(answers: Bool) async throws {
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let identity = try TLSIdentity.selfSigned()
        let handed = Locked<OwnedDescriptor?>(consume listener)
        async let served = Thread.run("tickets") {
            guard let listener = handed.withLock({ $0.take() }) else { return 0 }
            return try Self.serve(listener, identity, answers: answers)
        }
        var options = PeerOptions()
        options.encryption = try TLSContext.client(trusting: .anyone)
        var script = PeerScript(url: try WebSocketURL("wss://\(address)/"), address: address, options: options)
        // Only the limit ends a peer that gets no answer.
        script.stepLimit = answers ? .seconds(300) : .seconds(1)
        let lifecycle = try #require(Lifecycle.named("vanish-handshake/unread").first)
        let driver = try PeerDriver()
        defer { driver.stop() }
        let counts = await driver.drive(lifecycle, script, PeerDriver.Load(connections: 1, concurrency: 1))
        let ticketBytes = try await served.get()
        // On a machine that does much else the limit may end a peer sooner.
        #expect(ticketBytes > 0 || !answers)
        #expect(counts.completed == (answers ? 1 : 0))
    }

    /// Serves one client to its end; how many bytes of tickets it sent.
    private static func serve(
        _ listener: borrowing OwnedDescriptor, _ identity: TLSIdentity, answers: Bool
    ) throws -> Int {
        let context = try TLSContext.server(identity)
        SSL_CTX_set_num_tickets(context.pointer, 2)
        let end = try End(context)
        let limit = MonotonicTime.now + .seconds(600)
        _ = Polling.wait(for: POLLIN, on: listener.rawValue, until: limit)
        guard let peer = try listener.accept() else { throw SystemCallError(.accept4, errno: ETIMEDOUT) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var ticketBytes = 0
        var hasAnswered = false
        while Polling.wait(for: POLLIN, on: peer.rawValue, until: limit) {
            let count = recv(peer.rawValue, &buffer, buffer.count, 0)
            guard count > 0 else { return ticketBytes }
            let wasEstablished = end.isEstablished
            end.receive(buffer[..<count])
            var output = end.taken()
            if !wasEstablished, end.isEstablished { ticketBytes = output.count }
            if answers, !hasAnswered, end.plaintext.suffix(4) == Array("\r\n\r\n".utf8)[...] {
                hasAnswered = true
                output += end.encrypted(Array("HTTP/1.1 503 No\r\n\r\n".utf8))
            }
            _ = send(peer.rawValue, output, output.count, Int32(MSG_NOSIGNAL))
        }
        return ticketBytes
    }
}
