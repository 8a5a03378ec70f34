import Foundation
import Glibc
import ProcessResources
import Sockets
import SystemCalls
import TestSupport
import Testing
import WebSockets

@testable import TLS

@Suite("Nothing is left of a TLS connection", .serialized)
struct FlatnessTests {
    /// How a peer behaves.
    enum Peer: CaseIterable {
        /// Opens, echoes and closes both layers.
        case polite
        /// Does not trust the certificate.
        case distrustful
        /// Half a ClientHello and a FIN.
        case halfHello
        /// Handshakes, and resets.
        case reset
    }

    @Test("thousands of handshakes of four kinds leave no descriptor and no memory on either side")
    func flat() async {
        await #expect(processExitsWith: .success) {
            let identity = try TLSIdentity.selfSigned()
            var configuration = ServerConfiguration()
            configuration.encryption = try TLSContext.server(identity)
            let server = try await WebSocketServer.start(configuration) { _ in EchoHandler() }
            var trusting = ClientConfiguration()
            trusting.encryption = try TLSContext.client(trusting: identity)
            var distrusting = ClientConfiguration()
            distrusting.encryption = try TLSContext.client(trusting: TLSIdentity.selfSigned(for: ["elsewhere"]))
            let hello = try End(.client(trusting: .anyone)).taken()
            let reader = try ProcessReader(pid: getpid())
            func round() async throws {
                for index in 0..<400 {
                    switch Peer.allCases[index % Peer.allCases.count] {
                    case .polite:
                        let client = try await WebSocketClient.connect(to: server.url, trusting)
                        try await client.send("hello")
                        guard await client.receive()?.text == "hello" else { throw SystemCallError(.recv) }
                        guard await client.close().isClean else { throw SystemCallError(.recv) }
                    case .distrustful:
                        guard (try? await WebSocketClient.connect(to: server.url, distrusting)) == nil else {
                            throw SystemCallError(.connect)
                        }
                    case .halfHello:
                        let peer = try OwnedDescriptor.connected(to: server.address, by: .now + .seconds(600))
                        precondition(send(peer.rawValue, hello, hello.count / 2, 0) == hello.count / 2)
                    case .reset:
                        let client = try await WebSocketClient.connect(to: server.url, trusting)
                        await client.closeNow()
                    }
                }
                guard await eventually({ await server.connectionCount == 0 }),
                    await eventually({ await EventLoop.shared.run { EventLoop.shared.channels.isEmpty } })
                else { throw TooLate(description: "waited for the last connections to end") }
            }
            for _ in 0..<3 { try await round() }
            // A leak grows in every round; what grows in some only is a table that doubles.
            var bytes = Int.max
            var descriptors = Int.max
            for _ in 0..<15 where bytes > 1000 || descriptors > 0 {
                let before = (OwnHeap.current().liveBytes, try reader.descriptorCount())
                try await round()
                bytes = min(bytes, OwnHeap.current().liveBytes - before.0)
                descriptors = min(descriptors, try reader.descriptorCount() - before.1)
            }
            #expect(bytes < 1000 && descriptors <= 0, "\(bytes) bytes, \(descriptors) descriptors in 400 connections")
            await server.shutdown()
        }
    }

    @Test("who uses WebSockets without TLS links no OpenSSL")
    func unlinked() throws {
        let user = try Data(contentsOf: URL(filePath: BuiltExecutable.path("conformance-peer")))
        #expect(user.firstRange(of: Data("libssl.so".utf8)) == nil)
        // What it does link is found in this way.
        #expect(user.firstRange(of: Data("libz.so".utf8)) != nil)
    }
}
