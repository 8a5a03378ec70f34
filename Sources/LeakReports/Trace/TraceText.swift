public import Lifecycles

/// A trace as lines for a person: the time, the connection, and the octets with what they mean beside them.
public struct TraceText {
    private var readers: [Key: TraceReader] = [:]
    private var recordReaders: [Key: TLSRecordReader] = [:]

    private struct Key: Hashable {
        var connection: Int
        var isSent: Bool
    }

    /// Octets on one line.
    private static let octetsPerLine = 16

    /// Begins with the first event.
    public init() {}

    /// The lines of an event, each ended by a newline.
    public mutating func render(_ event: TraceEvent) -> String {
        let begin = "\(Self.time(event.time))  \(event.connection)  "
        switch event.kind {
        case .connected:
            // A peer makes its requests over HTTP on connections of their own.
            forget(event.connection)
            return "\(begin)connected\n"
        case .step(let step): return "\(begin)\(step)\n"
        case .sent(let bytes): return lines(pieces(bytes, event, isSent: true), isSent: true, begin)
        case .received(let bytes): return lines(pieces(bytes, event, isSent: false), isSent: false, begin)
        case .records(let bytes, let isSent):
            let key = Key(connection: event.connection, isSent: isSent)
            return lines(recordReaders[key, default: TLSRecordReader()].read(bytes), isSent: isSent, begin)
        case .streamEnded(let words): return "\(begin)< \(words)\n"
        case .ended(let problem):
            forget(event.connection)
            return "\(begin)\(problem.map { "failed: \($0.words)" } ?? "completed")\n"
        }
    }

    /// What comes next begins a stream.
    private mutating func forget(_ connection: Int) {
        for isSent in [true, false] {
            let key = Key(connection: connection, isSent: isSent)
            readers[key] = nil
            recordReaders[key] = nil
        }
    }

    private mutating func pieces(_ bytes: [UInt8], _ event: TraceEvent, isSent: Bool) -> [TracePiece] {
        readers[Key(connection: event.connection, isSent: isSent), default: TraceReader()].read(bytes)
    }

    private func lines(_ pieces: [TracePiece], isSent: Bool, _ begin: String) -> String {
        let indentation = String(repeating: " ", count: begin.count)
        let sign = isSent ? "> " : "< "
        var lines: [String] = []
        for piece in pieces {
            if piece.isText {
                let text = piece.meaning.hasSuffix("\n") ? piece.meaning.dropLast() : piece.meaning[...]
                lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            } else {
                lines += Self.octets(piece)
            }
        }
        return lines.enumerated().map { "\($0.offset == 0 ? begin : indentation)\(sign)\($0.element)\n" }.joined()
    }

    private static func octets(_ piece: TracePiece) -> [String] {
        stride(from: 0, to: piece.bytes.count, by: octetsPerLine).map { start in
            let hex = Hexadecimal.render(piece.bytes[start..<min(start + octetsPerLine, piece.bytes.count)])
            guard start == 0 else { return hex }
            return hex + String(repeating: " ", count: 3 * octetsPerLine + 1 - hex.count) + piece.meaning
        }
    }

    /// Milliseconds with three digits behind the point.
    private static func time(_ time: Duration) -> String {
        let micros = Int(time / .microseconds(1))
        let digits = "\(micros % 1000)"
        let text = "\(micros / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
}
