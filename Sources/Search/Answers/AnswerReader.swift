package import Lifecycles
import Remedies
import SystemCalls
import WebSocketProtocol

/// Takes apart what came on one connection: the head of an answer, then frames (RFC 6455, section 5.2).
package struct AnswerReader: Sendable {
    /// What the target showed, and how long the connection took.
    package struct Answer: Hashable, Sendable {
        /// What it showed.
        package var signature: AnswerSignature
        /// From the connect to its end.
        package var lasted: Duration

        /// An answer that took so long.
        package init(_ signature: AnswerSignature, lasted: Duration) {
            (self.signature, self.lasted) = (signature, lasted)
        }
    }

    private var received: [UInt8] = []
    private var end = AnswerSignature.End.peer
    private var hasStalled = false
    private var lastTime = Duration.zero

    /// More bytes of one connection say nothing new.
    private static let mostBytes = 1 << 18
    private static let leastMilliseconds = 256
    private static let longReason = 32

    /// A connection on which nothing has come.
    package init() {}

    /// Takes note of an event of the connection.
    package mutating func note(_ event: TraceEvent) {
        lastTime = event.time
        switch event.kind {
        case .received(let bytes): if received.count < Self.mostBytes { received += bytes }
        case .streamEnded(let words): end = words.contains("the target ended") ? .target : .reset
        case .ended(let problem): hasStalled = problem?.description.contains("did not act in time") ?? false
        case .connected, .step, .sent, .records: break
        }
    }

    /// All of it, with its time.
    package var answer: Answer { Answer(signature, lasted: lastTime) }

    /// What all of it comes to.
    package var signature: AnswerSignature {
        var signature = AnswerSignature()
        signature.end = end
        signature.isStalled = hasStalled
        let milliseconds = Int(lastTime / .milliseconds(1))
        if milliseconds >= Self.leastMilliseconds { signature.milliseconds = AnswerSignature.rounded(milliseconds) }
        let frames = readHead(&signature)
        readFrames(frames, &signature)
        for path in [
            \AnswerSignature.texts, \AnswerSignature.binaries, \AnswerSignature.pings, \AnswerSignature.pongs,
        ] { signature[keyPath: path] = AnswerSignature.rounded(signature[keyPath: path]) }
        return signature
    }

    /// Reads the status; what follows a head with 101.
    private func readHead(_ signature: inout AnswerSignature) -> ArraySlice<UInt8> {
        guard received.starts(with: Array("HTTP/1.".utf8)), received.count >= 12 else {
            signature.hasGarbage = !received.isEmpty
            return []
        }
        signature.status = Int(String(decoding: received[9..<12], as: UTF8.self))
        guard signature.status == 101, let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return [] }
        return received[end.upperBound...]
    }

    private func readFrames(_ frames: ArraySlice<UInt8>, _ signature: inout AnswerSignature) {
        var parser = FrameHeaderParser()
        var rest = frames
        while !rest.isEmpty {
            var position = 0
            let header: FrameHeader?
            do throws(ProtocolFailure) {
                header = try parser.receive(rest.span.bytes, at: &position)
            } catch {
                signature.hasGarbage = true
                return
            }
            guard let header else { return }
            rest = rest.dropFirst(position)
            let payload = rest.prefix(header.payloadLength)
            rest = rest.dropFirst(payload.count)
            switch header.opcode {
            case .text: signature.texts += 1
            case .binary: signature.binaries += 1
            case .continuation: break
            case .ping: signature.pings += 1
            case .pong: signature.pongs += 1
            case .close:
                let bytes = Array(payload)
                signature.closeCode = bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : 1005
                signature.reason = bytes.count <= 2 ? .none : bytes.count <= Self.longReason ? .short : .long
            default: signature.hasGarbage = true
            }
        }
    }
}
