import Glibc
import Sockets
import SystemCalls
import TestSupport
import Testing

/// How a stream stands after everything was read.
enum StreamEnd: Hashable {
    case open, fin, reset
}

/// A frame as it came over the wire.
struct RawFrame: Equatable {
    var first: UInt8
    var payload: [UInt8]
    var closeCode: Int? { first == 0x88 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// The other end of a connection, byte by byte; it knows nothing of the code under test but how to open a socket.
final class RawPeer: @unchecked Sendable {
    private var descriptor: OwnedDescriptor?
    private let number: Int32
    private(set) var received: [UInt8] = []
    private(set) var end = StreamEnd.open

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    init(_ descriptor: consuming OwnedDescriptor) {
        number = descriptor.rawValue
        self.descriptor = consume descriptor
    }

    /// Connects; a small `receiveBuffer` makes a peer that soon holds back who sends to it.
    convenience init(to address: SocketAddress, receiveBuffer: Int32? = nil) throws {
        let descriptor = try OwnedDescriptor.connecting(to: address)
        if let receiveBuffer { try descriptor.setBufferSizes(receive: receiveBuffer) }
        self.init(descriptor)
    }

    static func request(_ target: String = "/", _ fields: [String] = []) -> [UInt8] {
        let lines =
            [
                "GET \(target) HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13",
            ] + fields + ["", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// A connection whose opening handshake is complete.
    static func open(_ address: SocketAddress, receiveBuffer: Int32? = nil) async throws -> RawPeer {
        let peer = try RawPeer(to: address, receiveBuffer: receiveBuffer)
        try await peer.send(request())
        let head = try await peer.head()
        try #require(head.hasPrefix("HTTP/1.1 101 "), "\(head)")
        return peer
    }

    /// A frame, masked as a client's with a fixed key unless told.
    static func frame(_ first: UInt8, _ payload: [UInt8] = [], key: [UInt8]? = [0x12, 0x34, 0x56, 0x78]) -> [UInt8] {
        let mask: UInt8 = key == nil ? 0 : 0x80
        var bytes = [first]
        switch payload.count {
        case 0...125: bytes.append(mask | UInt8(payload.count))
        case 126...0xFFFF: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            bytes.append(mask | 127)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (8 * (7 - $0))) }
        }
        guard let key else { return bytes + payload }
        bytes += key
        bytes.reserveCapacity(bytes.count + payload.count)
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
        return bytes
    }

    static func close(_ code: Int, _ reason: String = "") -> [UInt8] {
        frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    /// Sends as much as the kernel takes now; how much that was.
    func sendNow(_ bytes: ArraySlice<UInt8>) -> Int {
        max(0, bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
    }

    /// Sends everything, within the limit of `eventually`; reads meanwhile when told to.
    func send(_ bytes: [UInt8], reading: Bool = false) async throws {
        var rest = bytes[...]
        let isSent = await eventually {
            rest = rest.dropFirst(sendNow(rest))
            if reading { read() }
            return rest.isEmpty
        }
        try #require(isSent, "\(rest.count) of \(bytes.count) bytes were not taken")
    }

    /// Reads what there is.
    func read(atMost limit: Int = .max) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var taken = 0
        while end == .open && taken < limit {
            let count = recv(number, &buffer, min(buffer.count, limit - taken), 0)
            if count > 0 {
                received += buffer[..<count]
                taken += count
            } else if count == 0 {
                end = .fin
            } else if errno != EAGAIN && errno != EINTR && errno != ENOTCONN {
                end = .reset
            } else {
                return
            }
        }
    }

    /// Reads until the stream ends, within the limit of `eventually`.
    func readToEnd() async -> StreamEnd {
        _ = await eventually {
            read()
            return end != .open
        }
        return end
    }

    /// The next HTTP head.
    func head() async throws -> String {
        var found: Int?
        _ = await eventually {
            read()
            found = String(decoding: received, as: UTF8.self).range(ofBlankLine: ())
            return found != nil || end != .open
        }
        let count = try #require(found, "no HTTP head but \(received.count) bytes, \(end)")
        defer { received.removeFirst(count) }
        return String(decoding: received[..<count], as: UTF8.self)
    }

    /// Takes a frame out of what was read, if one is whole.
    func takeFrame() -> RawFrame? {
        guard received.count >= 2 else { return nil }
        var start = 2
        var length = Int(received[1] & 0x7F)
        if length >= 126 {
            start += length == 126 ? 2 : 8
            guard received.count >= start else { return nil }
            length = received[2..<start].reduce(0) { $0 << 8 | Int($1) }
        }
        let isMasked = received[1] & 0x80 != 0
        if isMasked { start += 4 }
        guard received.count >= start + length else { return nil }
        var payload = Array(received[start..<start + length])
        if isMasked {
            let key = Array(received[start - 4..<start])
            for index in payload.indices { payload[index] ^= key[index & 3] }
        }
        defer { received.removeFirst(start + length) }
        return RawFrame(first: received[0], payload: payload)
    }

    /// The next frame, within the limit of `eventually`.
    func frame() async throws -> RawFrame {
        var frame: RawFrame?
        _ = await eventually {
            read()
            frame = takeFrame()
            return frame != nil || end != .open
        }
        return try #require(frame ?? takeFrame(), "no frame but \(received.count) bytes, \(end)")
    }

    /// The next frame, or nil when the stream has ended.
    func frameOrEnd() async throws -> RawFrame? {
        var frame: RawFrame?
        _ = await eventually {
            read()
            frame = takeFrame()
            return frame != nil || end != .open
        }
        return frame
    }

    func shutdownWriting() { _ = Glibc.shutdown(number, Int32(SHUT_WR)) }
    func leave() { try? descriptor.take()?.close() }
    func reset() {
        try? descriptor?.resetOnClose()
        leave()
    }
}

extension String {
    /// Where the bytes after the first blank line begin.
    fileprivate func range(ofBlankLine: Void) -> Int? {
        let bytes = Array(utf8)
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

/// A listener whose connections the test answers itself.
final class RawListener: @unchecked Sendable {
    private let descriptor: OwnedDescriptor
    let address: SocketAddress

    init(_ address: SocketAddress = .loopback(port: 0), backlog: Int32 = 16) throws {
        var options = ListenOptions()
        options.backlog = backlog
        descriptor = try OwnedDescriptor.listening(on: address, options: options)
        self.address = try descriptor.localAddress()
    }

    func accepted() async throws -> RawPeer {
        var peer: RawPeer?
        _ = try await eventually {
            if let taken = try descriptor.accept() { peer = RawPeer(taken) }
            return peer != nil
        }
        return try #require(peer)
    }
}
