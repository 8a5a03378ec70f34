import Glibc
import Remedies
import Sockets
import SystemCalls
import TLS

/// A connection to a web server for a thread that may block, in clear or through TLS.
///
/// A server on loopback is believed whatever its certificate says; of others it must be trusted by the system.
final class HTTPStream {
    private let descriptor: OwnedDescriptor
    private let location: HTTPLocation
    private let deadline: MonotonicTime
    private var encryption: TLSEncryption?

    private static let anyone = Result { try TLSContext.client(trusting: .anyone) }
    private static let system = Result { try TLSContext.client(trusting: .system) }

    /// Takes a connected socket that does not block.
    init(_ descriptor: consuming OwnedDescriptor, _ location: HTTPLocation, _ deadline: MonotonicTime) {
        self.descriptor = descriptor
        self.location = location
        self.deadline = deadline
    }

    /// Whether the stream ended without the close_notify that TLS ends with (RFC 8446, section 6.1).
    var isTruncated: Bool { encryption?.isTruncated ?? false }

    /// Sends all of `bytes`, which must fit into an empty send buffer.
    func send(_ bytes: [UInt8]) throws {
        if location.isSecure { try encrypt() }
        let result = bytes.withUnsafeBytes { bytes -> Channel.SendResult in
            if let encryption {
                return encryption.send(bytes, UnsafeRawBufferPointer(start: nil, count: 0), to: descriptor.rawValue)
            }
            let count = Glibc.send(descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            return count < 0 ? .failed(SystemCallError(.send)) : .bytes(count)
        }
        switch result {
        case .bytes(bytes.count): return
        case .failed(let error): throw error
        case .bytes, .wouldBlock: throw SystemCallError(.send, errno: EAGAIN)
        }
    }

    /// Waits for bytes; 0 at the end of the stream.
    func read(into buffer: inout [UInt8]) throws -> Int {
        while true {
            // The kernel says nothing of an end that was read with the last bytes.
            guard
                encryption?.hasPendingEnd == true
                    || Polling.wait(for: POLLIN, on: descriptor.rawValue, until: deadline)
            else {
                throw HeapProbeFailure("\(location) does not answer in time")
            }
            guard let encryption else { return try descriptor.read(into: &buffer, from: 0, count: buffer.count) }
            switch buffer.withUnsafeMutableBytes({ encryption.receive(into: $0, from: descriptor.rawValue) }) {
            case .bytes(let count, _): return count
            case .endOfStream: return 0
            case .wouldBlock: continue
            case .failed(let error): throw error
            case .encryptionFailed: throw failure(of: encryption)
            }
        }
    }

    private func failure(of encryption: TLSEncryption) -> HeapProbeFailure {
        HeapProbeFailure("\(location) cannot be read: \(encryption.failure.map { "\($0)" } ?? "TLS failed")")
    }

    /// Completes the handshake.
    private func encrypt() throws {
        let context = try (SocketAddress.isLoopback(host: location.host) ? Self.anyone : Self.system).get()
        let encryption = try TLSEncryption(context, serverName: location.host, buffers: TLSBuffers())
        self.encryption = encryption
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if case .failed(let error) = encryption.send(nothing, nothing, to: descriptor.rawValue) { throw error }
        var buffer = [UInt8](repeating: 0, count: 32 * 1024)
        while !encryption.isEstablished {
            guard Polling.wait(for: POLLIN, on: descriptor.rawValue, until: deadline) else {
                throw HeapProbeFailure("\(location) does not answer a TLS handshake in time")
            }
            switch buffer.withUnsafeMutableBytes({ encryption.receive(into: $0, from: descriptor.rawValue) }) {
            case .wouldBlock: continue
            case .bytes: throw HeapProbeFailure("\(location) answers before it is asked")
            case .endOfStream: throw HeapProbeFailure("\(location) ended the stream")
            case .failed(let error): throw error
            case .encryptionFailed: throw failure(of: encryption)
            }
        }
    }
}
