import Glibc
package import Sockets
import SystemCalls

/// Asks whether a port speaks TLS, where a plain request got no answer that could be understood.
package enum TLSProbe {
    /// A ClientHello of TLS 1.2 with a few cipher suites and no extension (RFC 5246, section 7.4.1.2), in one record.
    private static let clientHello: [UInt8] =
        [0x16, 3, 1, 0, 0x35, 1, 0, 0, 0x31, 3, 3] + [UInt8](repeating: 0x57, count: 32)
        + [0, 0, 0x0A, 0x13, 0x01, 0xC0, 0x2F, 0, 0x9C, 0, 0x2F, 0, 0xFF, 1, 0]

    /// How long the server may take to accept and to answer.
    private static let limit = Duration.seconds(2)

    /// Whether the server answers a ClientHello with a handshake record or an alert.
    package static func speaksTLS(_ address: SocketAddress) -> Bool {
        let deadline = MonotonicTime.now + limit
        guard let descriptor = try? OwnedDescriptor.connected(to: address, by: deadline),
            send(descriptor.rawValue, clientHello, clientHello.count, Int32(MSG_NOSIGNAL)) == clientHello.count
        else { return false }
        var answer: [UInt8] = [0, 0]
        guard Polling.wait(for: POLLIN, on: descriptor.rawValue, until: deadline),
            recv(descriptor.rawValue, &answer, answer.count, 0) == answer.count
        else {
            return false
        }
        return (answer[0] == 0x16 || answer[0] == 0x15) && answer[1] == 3
    }
}
