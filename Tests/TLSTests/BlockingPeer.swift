import Glibc
import Sockets
import SystemCalls
import Testing

@testable import TLS

/// A client that reads and writes when the test says so, over a socket of its own.
final class BlockingPeer {
    private let descriptor: OwnedDescriptor
    private let end: End
    private var unsent: ArraySlice<UInt8> = []
    /// What was decrypted since the opening handshake.
    var received: [UInt8] { end.plaintext }

    init(_ address: SocketAddress) throws {
        descriptor = try OwnedDescriptor.connected(to: address, by: .now + .seconds(600))
        end = try End(.client(trusting: .anyone), serverName: "localhost")
    }

    /// Completes both handshakes.
    func open() throws {
        unsent += end.taken()
        while !end.isEstablished { try exchange(POLLIN) }
        let request =
            "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        unsent += end.encrypted(Array(request.utf8))
        let blank = Array("\r\n\r\n".utf8)
        while true {
            // A message may follow in the same record.
            if let head = end.plaintext.firstRange(of: blank) {
                end.plaintext.removeSubrange(..<head.upperBound)
                return
            }
            try exchange(POLLIN)
        }
    }

    /// Sends the first bytes of a ClientHello.
    func sendHello(prefix count: Int) {
        unsent = end.taken().prefix(count)
        push()
    }

    /// Sends `frame`, and close_notify in the same write.
    func send(_ frame: [UInt8], thenNotify: Bool) throws {
        unsent += end.encrypted(frame)
        if thenNotify {
            end.session.endWriting()
            unsent += end.taken()
        }
        push()
    }

    /// Takes `frame` to be sent.
    func take(_ frame: [UInt8]) { unsent += end.encrypted(frame) }

    /// Sends what was taken as far as the kernel takes it now; whether nothing is left.
    func sendAll() -> Bool {
        push()
        return unsent.isEmpty
    }

    /// Sends what is left, and reads so many answers.
    func finishSending(reading count: Int) throws {
        let whole = count * Self.answer(pattern(60_000)).count
        while end.plaintext.count < whole { try exchange(POLLIN) }
    }

    /// Reads to the end of the stream; what ended the session before it, if anything did.
    func readToEnd() throws -> TLSSession.End? {
        while true {
            do {
                try exchange(POLLIN)
            } catch let error as SystemCallError where error.errno == ECONNRESET {
                return end.end
            }
        }
    }

    /// Ends the stream.
    func end(notifying: Bool = false) {
        if notifying {
            end.session.endWriting()
            unsent += end.taken()
            push()
        }
        try? descriptor.shutdownWriting()
    }

    private func push() {
        guard !unsent.isEmpty else { return }
        let count = Array(unsent).withUnsafeBytes {
            Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count > 0 { unsent = unsent.dropFirst(count) }
    }

    private func exchange(_ events: Int32) throws {
        push()
        let wanted = unsent.isEmpty ? events : events | POLLOUT
        guard Polling.wait(for: wanted, on: descriptor.rawValue, until: .now + .seconds(600)) else {
            throw SystemCallError(.recv, errno: ETIMEDOUT)
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
        if count == 0 { throw SystemCallError(.recv, errno: ECONNRESET) }
        if count < 0 {
            if errno == EAGAIN { return }
            throw SystemCallError(.recv)
        }
        end.receive(buffer[..<count])
        unsent += end.taken()
    }

    /// A masked frame, with a key of zeros.
    static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        head(first, payload.count, mask: 0x80) + [0, 0, 0, 0] + payload
    }

    /// The same message as a server sends it.
    static func answer(_ payload: [UInt8]) -> [UInt8] { head(0x82, payload.count, mask: 0) + payload }

    private static func head(_ first: UInt8, _ count: Int, mask: UInt8) -> [UInt8] {
        count < 126
            ? [first, mask | UInt8(count)] : [first, mask | 126, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
    }
}
