import CZlib
import Sockets
import SystemCalls

/// One peer that means harm, byte by byte; it knows nothing of the code under test but how to use a socket.
final class HostilePeer: Channel, @unchecked Sendable {
    /// What it does once it is connected.
    struct Behaviour {
        /// Sent first.
        var opening: [UInt8]
        /// Sent over and over afterwards; nothing if empty.
        var repeated: [UInt8] = []
        /// Between two bytes of the opening; nil sends it at once.
        var interval: Duration?
        /// Whether it takes what the server sends.
        var reads = true
        /// What it does once the opening is sent and the server has had time to take it.
        var leaves: Leaving?

        enum Leaving { case reset, end }
    }

    /// More than the server needs for a session's bytes, whatever else goes on.
    private static let timeToTake = Duration.milliseconds(50)

    private let behaviour: Behaviour
    private var isConnected = false
    private var sent = 0
    private var sentOfRepeated = 0
    private var ended: (() -> Void)?

    init(loop: EventLoop, _ behaviour: Behaviour, ended: @escaping () -> Void) {
        self.behaviour = behaviour
        self.ended = ended
        super.init(loop: loop)
    }

    func begin(_ address: SocketAddress) throws(SystemCallError) {
        let descriptor = try OwnedDescriptor.connecting(to: address)
        // Little is left in the kernel's buffers for a peer that does not read.
        if !behaviour.reads { try descriptor.setBufferSizes(receive: 4096) }
        try register(descriptor, for: .writable)
    }

    override func ready(for readiness: Readiness) {
        if !isConnected {
            if withDescriptor({ $0.connectFailure() }) ?? nil != nil { return finish() }
            isConnected = true
            if let interval = behaviour.interval {
                wait(for: .readable)
                return setDeadline(loop.turnStart + interval)
            }
        }
        if readiness.contains(.readable) && behaviour.reads { readAll() }
        guard isRegistered else { return }
        if !behaviour.reads, !readiness.isDisjoint(with: [.hangup, .failed]) { return finish() }
        sendOn()
    }

    override func deadlineReached() {
        guard sent < behaviour.opening.count else { return leave() }
        guard write(behaviour.opening[sent...].prefix(1)) != nil else { return finish() }
        sent += 1
        setDeadline(loop.turnStart + (behaviour.interval ?? .seconds(1)))
    }

    private func readAll() {
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        for _ in 0..<4 {
            switch receive(into: window) {
            case .bytes: continue
            case .wouldBlock: return
            // Those that flood go on until they are reset.
            case .endOfStream: return behaviour.repeated.isEmpty ? finish() : ()
            case .failed, .encryptionFailed: return finish()
            }
        }
    }

    private func sendOn() {
        guard behaviour.interval == nil else { return }
        while sent < behaviour.opening.count {
            guard let count = write(behaviour.opening[sent...]) else { return finish() }
            sent += count
            if count == 0 { return wait(for: behaviour.reads ? [.readable, .writable] : .writable) }
        }
        if behaviour.leaves != nil {
            if deadline == .never { setDeadline(loop.turnStart + Self.timeToTake) }
            return wait(for: .readable)
        }
        guard !behaviour.repeated.isEmpty else { return wait(for: behaviour.reads ? .readable : []) }
        // A few at a time, so that all of them get on.
        for _ in 0..<8 {
            guard let count = write(behaviour.repeated[sentOfRepeated...]) else { return finish() }
            sentOfRepeated = (sentOfRepeated + count) % behaviour.repeated.count
            if count == 0 { break }
        }
        wait(for: behaviour.reads ? [.readable, .writable] : .writable)
    }

    private func leave() {
        if behaviour.leaves == .reset { resetDescriptor() }
        if behaviour.leaves != nil { finish() }
    }

    /// How many bytes were taken; nil when the connection is broken.
    private func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        switch bytes.withUnsafeBytes({ send($0) }) {
        case .bytes(let count): count
        case .wouldBlock: 0
        case .failed: nil
        }
    }

    private func finish() {
        closeDescriptor()
        ended.take()?()
    }
}

extension HostilePeer {
    static func request(path: String = "/", fields: String = "") -> [UInt8] {
        Array(
            """
            GET \(path) HTTP/1.1\r
            Host: localhost\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Version: 13\r
            \(fields)\r

            """.utf8)
    }

    /// A client's frame, with a key of zeros.
    static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var bytes = [first]
        switch payload.count {
        case 0...125: bytes.append(0x80 | UInt8(payload.count))
        case 126...0xFFFF: bytes += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: bytes += [0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (8 * (7 - $0))) }
        }
        return bytes + [0, 0, 0, 0] + payload
    }

    /// A whole session: handshake, a message, a fragmented one with a Ping within, a Close.
    static let session: [UInt8] =
        request() + frame(0x81, Array("hello".utf8)) + frame(0x01, Array("frag".utf8)) + frame(0x89, [1, 2, 3])
        + frame(0x80, Array("ment".utf8)) + frame(0x82, [UInt8](repeating: 7, count: 200)) + frame(0x88, [0x03, 0xE8])

    /// 64 MiB of zeros, compressed to a thousandth.
    static let bomb: [UInt8] = {
        var stream = z_stream()
        deflateInit2_(
            &stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var zeros = [UInt8](repeating: 0, count: 1 << 20)
        var output = [UInt8](repeating: 0, count: 1 << 20)
        let count = output.withUnsafeMutableBufferPointer { output in
            zeros.withUnsafeMutableBufferPointer { zeros in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                for round in 0..<64 {
                    stream.next_in = zeros.baseAddress
                    stream.avail_in = UInt32(zeros.count)
                    deflate(&stream, round == 63 ? Z_SYNC_FLUSH : Z_NO_FLUSH)
                }
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<(count - 4)])
    }()
}
