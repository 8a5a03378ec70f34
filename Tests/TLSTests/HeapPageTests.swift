import Glibc
import Sockets
import SystemCalls
import Testing

@testable import HeapProbes
@testable import TLS

@Suite("Pages over https")
struct HeapPageTests {
    @Test("a page ends at close_notify, though it came with the last bytes and TCP stays open")
    func notifiedAndHeld() async throws {
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        let location = try HTTPLocation("https://\(listener.localAddress())/")
        let identity = try TLSIdentity.selfSigned()
        let handed = Locked<OwnedDescriptor?>(consume listener)
        // No task of its own: on a machine with few processors it might not begin before the page is asked for.
        try Thread.detach(name: "page") {
            guard let listener = handed.withLock({ $0.take() }) else { return }
            #expect(throws: Never.self) { try Self.serve(listener, identity) }
        }
        #expect(try await HTTPFetch.body(at: location, within: .seconds(300)) == Array("77".utf8))
    }

    /// Answers one request without a length, and keeps TCP open until the client has left.
    private static func serve(_ listener: borrowing OwnedDescriptor, _ identity: TLSIdentity) throws {
        let end = try End(.server(identity))
        let limit = MonotonicTime.now + .seconds(600)
        _ = Polling.wait(for: POLLIN, on: listener.rawValue, until: limit)
        guard let peer = try listener.accept() else { throw SystemCallError(.accept4, errno: ETIMEDOUT) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var hasAnswered = false
        while Polling.wait(for: POLLIN, on: peer.rawValue, until: limit) {
            let count = recv(peer.rawValue, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            end.receive(buffer[..<count])
            var output = end.taken()
            if !hasAnswered, end.plaintext.suffix(4) == Array("\r\n\r\n".utf8)[...] {
                hasAnswered = true
                output += end.encrypted(Array("HTTP/1.0 200 OK\r\n\r\n77".utf8))
                end.session.endWriting()
                output += end.taken()
            }
            _ = send(peer.rawValue, output, output.count, Int32(MSG_NOSIGNAL))
        }
    }
}
