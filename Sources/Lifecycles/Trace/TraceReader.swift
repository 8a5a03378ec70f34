import WebSocketProtocol

/// Takes the bytes of one direction of a connection apart: an HTTP head, then frames (RFC 6455, section 5.2).
public struct TraceReader: Sendable {
    private enum State {
        /// Before the end of the head; the bytes that it may end with.
        case head
        /// What follows a head that is no upgrade.
        case body
        /// Between two frames.
        case frames
        /// Within a payload.
        case payload(FrameHeader, left: Int)
        /// After bytes that are no frame.
        case lost
    }

    private var state = State.head
    private var head: [UInt8] = []
    private var parser = FrameHeaderParser()

    /// A head of more bytes is none.
    private static let mostHeadBytes = 1 << 20
    /// As many characters of a payload are shown as text.
    private static let mostShown = 200

    /// Begins with the first byte of the connection.
    public init() {}

    /// The pieces of the bytes that came next.
    public mutating func read(_ bytes: [UInt8]) -> [TracePiece] {
        var pieces: [TracePiece] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .head: pieces.append(readHead(&rest))
            case .body: pieces.append(text(taking: &rest))
            case .lost: pieces.append(piece(taking: &rest, "bytes that are no frame"))
            case .frames: if let piece = readHeader(&rest) { pieces.append(piece) }
            case .payload(let header, let left):
                let part = Array(rest.prefix(left))
                rest = rest.dropFirst(part.count)
                let after = left - part.count
                state = after == 0 ? .frames : .payload(header, left: after)
                pieces.append(
                    TracePiece(bytes: part, meaning: "… \(part.count) bytes more, \(after) to come", isText: false))
            }
        }
        return pieces
    }

    private mutating func readHead(_ rest: inout ArraySlice<UInt8>) -> TracePiece {
        let before = head.count
        head += rest
        // The blank line may lie across what came before.
        let from = max(0, before - 3)
        guard let end = head[from...].firstRange(of: Array("\r\n\r\n".utf8)) else {
            if head.count > Self.mostHeadBytes { state = .body }
            // A peer that cuts a frame without a request sends no head.
            if !isRequest("GET "), !isRequest("POST "), !isAnswer { state = .lost }
            return text(taking: &rest)
        }
        var part = rest.prefix(end.upperBound - before)
        rest = rest.dropFirst(part.count)
        let isUpgrade = isAnswer ? head.dropFirst(8).starts(with: Array(" 101".utf8)) : !isRequest("POST ")
        state = isUpgrade ? .frames : .body
        return text(taking: &part)
    }

    private func isRequest(_ method: String) -> Bool { head.starts(with: Array(method.utf8).prefix(head.count)) }

    private var isAnswer: Bool { head.starts(with: Array("HTTP/".utf8).prefix(head.count)) }

    private func text(taking rest: inout ArraySlice<UInt8>) -> TracePiece {
        let lines = String(decoding: rest, as: UTF8.self).split(omittingEmptySubsequences: false) {
            $0 == "\r\n" || $0 == "\n"
        }
        defer { rest = [] }
        return TracePiece(
            bytes: Array(rest), meaning: lines.map { String($0).escapedForTerminal }.joined(separator: "\n"),
            isText: true)
    }

    private func piece(taking rest: inout ArraySlice<UInt8>, _ meaning: String) -> TracePiece {
        defer { rest = [] }
        return TracePiece(bytes: Array(rest), meaning: meaning, isText: false)
    }

    /// A frame's header with what is there of its payload; nil where the header is cut.
    private mutating func readHeader(_ rest: inout ArraySlice<UInt8>) -> TracePiece? {
        var position = 0
        let begin = rest
        let header: FrameHeader?
        do throws(ProtocolFailure) {
            header = try parser.receive(rest.span.bytes, at: &position)
        } catch {
            state = .lost
            return piece(taking: &rest, "no frame: \(error)")
        }
        rest = rest.dropFirst(position)
        guard let header else {
            return TracePiece(bytes: Array(begin), meaning: "the beginning of a frame's header", isText: false)
        }
        let payload = Array(rest.prefix(header.payloadLength))
        rest = rest.dropFirst(payload.count)
        let left = header.payloadLength - payload.count
        if left > 0 { state = .payload(header, left: left) }
        return TracePiece(
            bytes: begin.prefix(position) + payload, meaning: Self.words(header, payload, left: left), isText: false)
    }

    private static func words(_ header: FrameHeader, _ payload: [UInt8], left: Int) -> String {
        var words = [name(of: header.opcode)]
        if !header.fin { words.append("not final") }
        let reserved = [(header.rsv1, "RSV1"), (header.rsv2, "RSV2"), (header.rsv3, "RSV3")].filter(\.0).map(\.1)
        words += reserved
        words.append("\(header.payloadLength) bytes")
        if header.maskingKey != nil { words.append("masked") }
        if left > 0 { words.append("\(left) to come") }
        let plain = unmasked(payload, header.maskingKey)
        return words.joined(separator: ", ") + content(header, plain)
    }

    private static func name(of opcode: Opcode) -> String {
        switch opcode {
        case .continuation: "continuation"
        case .text: "text"
        case .binary: "binary"
        case .close: "Close"
        case .ping: "Ping"
        case .pong: "Pong"
        default: "opcode \(opcode.rawValue)"
        }
    }

    private static func content(_ header: FrameHeader, _ payload: [UInt8]) -> String {
        // What is compressed cannot be read without what came before.
        guard !payload.isEmpty, !header.rsv1, header.opcode != .binary else { return "" }
        if header.opcode == .close, payload.count >= 2 {
            let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
            let reason = String(decoding: payload.dropFirst(2), as: UTF8.self).escapedForTerminal
            return ": \(code)" + (reason.isEmpty ? "" : " \(reason)")
        }
        let text = String(decoding: payload.prefix(Self.mostShown * 4), as: UTF8.self)
        return ": \(text.prefix(Self.mostShown).description.escapedForTerminal)"
            + (text.count > Self.mostShown ? "…" : "")
    }

    private static func unmasked(_ payload: [UInt8], _ key: UInt32?) -> [UInt8] {
        guard let key else { return payload }
        return payload.enumerated().map { $0.element ^ UInt8(truncatingIfNeeded: key >> (8 * UInt32($0.offset % 4))) }
    }
}
