import COpenSSL
import Foundation
import Glibc
import Sockets
import SystemCalls
import Testing

@testable import TLS

/// One end of a connection without a socket.
final class End {
    var session: TLSSession
    let buffers = TLSBuffers()
    var plaintext: [UInt8] = []
    var end: TLSSession.End?
    private var room = [UInt8](repeating: 0, count: 1 << 18)

    init(_ context: TLSContext, serverName: String? = nil) throws {
        session = try TLSSession(context, serverName: serverName, buffers: buffers)
        session.begin()
    }

    var isEstablished: Bool { session.isEstablished }
    var hasInputEnded: Bool { session.hasInputEnded }
    var summary: EncryptionSummary? { session.summary }

    /// What is to be sent, which is forgotten here.
    func taken() -> [UInt8] {
        defer { buffers.clearOutput() }
        return Array(buffers.output)
    }

    func receive(_ ciphertext: some Collection<UInt8>) {
        let input = Array(ciphertext).withUnsafeBytes { bytes in
            room.withUnsafeMutableBytes { session.receive(bytes, into: $0) }
        }
        plaintext += room[..<input.count]
        end = end ?? input.end
    }

    func encrypted(_ bytes: [UInt8]) -> [UInt8] {
        for start in stride(from: 0, to: bytes.count, by: 65_536) {
            let isEncrypted = bytes.withUnsafeBytes {
                session.encrypt(UnsafeRawBufferPointer(rebasing: $0[start..<min(start + 65_536, $0.count)]))
            }
            #expect(isEncrypted)
        }
        return taken()
    }
}

extension End {
    /// A KeyUpdate that asks for one in answer (RFC 8446, section 4.6.3).
    func keyUpdate() -> [UInt8] {
        #expect(SSL_key_update(session.pointer, SSL_KEY_UPDATE_REQUESTED) == 1)
        #expect(SSL_do_handshake(session.pointer) == 1)
        return taken()
    }
}

/// Exchanges what both ends have to say until neither says more; at most `step` bytes reach an end at once.
func converse(_ client: End, _ server: End, step: Int = 1 << 16) {
    while true {
        let fromClient = client.taken()
        for piece in fromClient.pieces(of: step) { server.receive(piece) }
        let fromServer = server.taken()
        for piece in fromServer.pieces(of: step) { client.receive(piece) }
        if fromClient.isEmpty && fromServer.isEmpty { return }
    }
}

extension Array {
    func pieces(of count: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
    }
}

/// A file that is gone at the end of the test.
final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appending(path: "watertight-\(UUID().uuidString).pem").path

    init(_ text: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension TLSContext {
    /// Clients that trust `identity` alone.
    static func client(
        trusting identity: TLSIdentity, serverName: String? = nil, latest: Version = .tls13
    ) throws -> TLSContext {
        let file = try TemporaryFile(identity.pem)
        return try withExtendedLifetime(file) {
            try .client(trusting: .authorities(file: file.path), serverName: serverName, latest: latest)
        }
    }
}

/// Bytes that repeat at no power of two.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) }
}
