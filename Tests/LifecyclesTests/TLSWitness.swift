import Sockets
import SystemCalls
import TLS
import Testing

@testable import WebSocketProtocol

/// What a server saw of one connection, beneath and above TLS.
struct Witnessed: Sendable {
    /// All that came.
    var bytes: [UInt8] = []
    /// What was decrypted of it.
    var plaintext: [UInt8] = []
    /// How TLS ended; nil where it was not ended.
    var end: TLSSession.End?
    /// What was agreed on; nil where the handshake was not completed.
    var summary: EncryptionSummary?
    /// How TCP ended: `fin` or `reset`.
    var tcp = ""
    /// The opcodes of the frames that came.
    var frames: [Opcode] = []

    /// The types of the records that came, and how much is missing of the last (RFC 8446, section 5.1).
    var records: (types: [UInt8], missing: Int) {
        var types: [UInt8] = []
        var position = 0
        while position < bytes.count {
            types.append(bytes[position])
            guard position + 5 <= bytes.count else { return (types, 5) }
            position += 5 + Int(bytes[position + 3]) << 8 + Int(bytes[position + 4])
        }
        return (types, position - bytes.count)
    }
}

/// A WebSocket server over TLS that notes what it sees, and closes TCP only when the peer does, or as it is told.
final class TLSWitness: Sendable {
    let address: SocketAddress
    private let loop: EventLoop
    private let log: Locked<[Witnessed]>

    /// `letsGo` says whether it closes TCP once a connection is over: after both Close frames, or close_notify.
    init(_ context: TLSContext, letsGo: Bool = false) throws {
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        address = try listener.localAddress()
        let loop = try EventLoop(name: "witness")
        let log = Locked<[Witnessed]>([])
        (self.loop, self.log) = (loop, log)
        let handed = Locked<OwnedDescriptor?>(consume listener)
        loop.execute {
            guard let listener = handed.withLock({ $0.take() }) else { return }
            try? WitnessListener(loop, context, letsGo, log).register(listener, for: .readable)
        }
    }

    /// What was seen of the connections that have ended.
    var seen: [Witnessed] { log.withLock { $0 } }

    func stop() { loop.stop() }
}

private final class WitnessListener: Channel, @unchecked Sendable {
    private let (context, letsGo, log): (TLSContext, Bool, Locked<[Witnessed]>)

    init(_ loop: EventLoop, _ context: TLSContext, _ letsGo: Bool, _ log: Locked<[Witnessed]>) {
        (self.context, self.letsGo, self.log) = (context, letsGo, log)
        super.init(loop: loop)
    }

    override func ready(for readiness: Readiness) {
        while let number = accept() {
            guard let connection = try? WitnessConnection(loop, context, letsGo, log) else { continue }
            try? connection.register(OwnedDescriptor(owning: number), for: .readable)
        }
    }

    private func accept() -> Int32? {
        withDescriptor { listener -> Int32? in
            guard let accepted = try? listener.accept() else { return nil }
            return accepted.release()
        } ?? nil
    }
}

private final class WitnessConnection: Channel, @unchecked Sendable {
    private let letsGo: Bool
    private let log: Locked<[Witnessed]>
    private let buffers: TLSBuffers
    private var session: TLSSession
    private var machine = WebSocketMachine(role: .server)
    private var isUpgraded = false
    private var seen = Witnessed()
    private let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: 320 * 1024, alignment: 16)

    init(_ loop: EventLoop, _ context: TLSContext, _ letsGo: Bool, _ log: Locked<[Witnessed]>) throws {
        (self.letsGo, self.log) = (letsGo, log)
        buffers = loop.attachment { TLSBuffers() }
        session = try TLSSession(context, serverName: nil, buffers: buffers)
        super.init(loop: loop)
    }

    deinit { plaintext.deallocate() }

    override func ready(for readiness: Readiness) {
        guard isRegistered else { return }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        switch receive(into: window) {
        case .bytes(let count, _): take(UnsafeRawBufferPointer(rebasing: window[..<count]))
        case .wouldBlock: break
        case .endOfStream: ended("fin")
        case .failed, .encryptionFailed: ended("reset")
        }
    }

    override func loopEnds() { ended("never") }

    private func ended(_ tcp: String) {
        seen.tcp = tcp
        log.withLock { $0.append(seen) }
        closeDescriptor()
    }

    private func take(_ ciphertext: UnsafeRawBufferPointer) {
        seen.bytes += ciphertext
        let input = session.receive(ciphertext, into: plaintext)
        push()
        seen.end = seen.end ?? input.end
        seen.summary = seen.summary ?? session.summary
        if input.count > 0 { read(UnsafeMutableRawBufferPointer(rebasing: plaintext[..<input.count])) }
        switch seen.end {
        case .failed: try? shutdownWriting()
        case .closeNotify: over()
        case nil: break
        }
    }

    /// The connection is over.
    private func over() {
        session.endWriting()
        push()
        if letsGo { ended("let go") }
    }

    private func read(_ input: UnsafeMutableRawBufferPointer) {
        seen.plaintext += input
        guard isUpgraded else {
            if seen.plaintext.suffix(4) == Array("\r\n\r\n".utf8)[...] { upgrade() }
            return
        }
        var position = 0
        var span = input.mutableBytes
        var replies = ByteQueue()
        while isRegistered, let event = machine.next(in: &span, at: &position, replies: &replies) {
            switch event {
            case .message:
                seen.frames.append(.text)
                say([0x81, 4] + Array("leak".utf8))
            case .ping: seen.frames.append(.ping)
            case .pong: seen.frames.append(.pong)
            case .close:
                seen.frames.append(.close)
                say(replies.withUnsafeBytes { Array($0) })
                return over()
            case .failure: return
            }
        }
    }

    private func upgrade() {
        isUpgraded = true
        let request = String(decoding: seen.plaintext, as: UTF8.self)
        guard let name = request.firstRange(of: "Sec-WebSocket-Key: ") else { return }
        let key = String(request[name.upperBound...].prefix { !$0.isNewline })
        say(
            Array(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(HandshakeKey.accept(for: key))\r\n\r\n").utf8))
    }

    private func say(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { session.encrypt($0) }
        push()
    }

    private func push() {
        // Sending nothing would take the error of a reset away from the next read.
        guard !buffers.output.isEmpty else { return }
        _ = send(buffers.output)
        buffers.clearOutput()
    }
}
