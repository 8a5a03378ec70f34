import Sockets
import SystemCalls
import Testing

@testable import WebSocketProtocol

/// What a rogue server does on each occasion; by default what a good echo server does.
struct Conduct: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var accepted: [Act] = []
    var request: [Act] = [.upgrade()]
    var message: [Act] = [.echo]
    var close: [Act] = [.reply, .end]
    var failure: [Act] = [.reply, .end]

    init(_ name: String, _ change: (inout Conduct) -> Void = { _ in }) {
        testDescription = name
        change(&self)
    }

    enum Act: Sendable {
        /// Answers 101, and proves the key where there is one.
        case upgrade(and: [UInt8] = [])
        /// Sends `leak` as a message.
        case echo
        /// Sends what the protocol demands as an answer.
        case reply
        case write([UInt8])
        /// Closes TCP.
        case end
        case reset
        /// Half-closes TCP and keeps the descriptor.
        case halfClose
        /// Hands over the request.
        case note(@Sendable (String) -> Void)
    }

    /// A Close frame with this code.
    static func close(_ code: UInt16) -> Act { .write([0x88, 2, UInt8(code >> 8), UInt8(code & 0xFF)]) }
    static func text(_ text: String) -> Act { .write(Array(text.utf8)) }
    /// What some servers write into a stream that is no HTTP any more.
    static let httpError = text("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
}

/// A server that behaves as it is told, over real sockets.
final class RogueServer: Sendable {
    let address: SocketAddress
    private let loop: EventLoop

    init(_ conduct: Conduct) throws {
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        address = try listener.localAddress()
        let loop = try EventLoop(name: "rogue")
        self.loop = loop
        let handed = Locked<OwnedDescriptor?>(consume listener)
        loop.execute {
            guard let listener = handed.withLock({ $0.take() }) else { return }
            try? RogueListener(loop, conduct).register(listener, for: .readable)
        }
    }

    func stop() { loop.stop() }
}

private final class RogueListener: Channel, @unchecked Sendable {
    let conduct: Conduct

    init(_ loop: EventLoop, _ conduct: Conduct) {
        self.conduct = conduct
        super.init(loop: loop)
    }

    override func ready(for readiness: Readiness) {
        while let number = accept() {
            let connection = RogueConnection(loop, conduct)
            try? connection.register(OwnedDescriptor(owning: number), for: .readable)
            connection.perform(conduct.accepted)
        }
    }

    private func accept() -> Int32? {
        withDescriptor { listener -> Int32? in
            guard let accepted = try? listener.accept() else { return nil }
            return accepted.release()
        } ?? nil
    }
}

private final class RogueConnection: Channel, @unchecked Sendable {
    let conduct: Conduct
    private var machine = WebSocketMachine(role: .server)
    private var isUpgraded = false
    private var request = ""
    private var replies = ByteQueue()

    init(_ loop: EventLoop, _ conduct: Conduct) {
        self.conduct = conduct
        super.init(loop: loop)
    }

    override func ready(for readiness: Readiness) {
        guard isRegistered else { return }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        guard case .bytes(let count, _) = receive(into: window) else { return closeDescriptor() }
        let input = UnsafeMutableRawBufferPointer(rebasing: window[..<count])
        if isUpgraded { return takeFrames(input) }
        request += String(decoding: input, as: UTF8.self)
        if request.hasSuffix("\r\n\r\n") { perform(conduct.request) }
    }

    private func takeFrames(_ input: UnsafeMutableRawBufferPointer) {
        var position = 0
        var span = input.mutableBytes
        while isRegistered, let event = machine.next(in: &span, at: &position, replies: &replies) {
            switch event {
            case .message: perform(conduct.message)
            case .ping: perform([.reply])
            case .pong: break
            case .close: perform(conduct.close)
            case .failure: perform(conduct.failure)
            }
        }
    }

    func perform(_ acts: [Conduct.Act]) {
        for act in acts where isRegistered {
            switch act {
            case .upgrade(let rest): upgrade(rest)
            case .echo: write([0x81, 4] + Array("leak".utf8))
            case .reply:
                write(replies.withUnsafeBytes { Array($0) })
                replies.removeAll()
            case .write(let bytes): write(bytes)
            case .note(let take): take(request)
            case .end: closeDescriptor()
            case .reset: resetDescriptor()
            case .halfClose:
                try? shutdownWriting()
                wait(for: [])
            }
        }
    }

    private func upgrade(_ rest: [UInt8]) {
        isUpgraded = true
        var answer = "HTTP/1.1 101 Switching Protocols\r\n"
        if let name = request.firstRange(of: "Sec-WebSocket-Key: ") {
            let key = String(request[name.upperBound...].prefix { !$0.isNewline })
            answer += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            answer += "Sec-WebSocket-Accept: \(HandshakeKey.accept(for: key))\r\n"
        }
        write(Array("\(answer)\r\n".utf8) + rest)
    }

    private func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { send($0) }
    }
}
