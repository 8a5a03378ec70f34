/// The body of one answer as it arrives, taken out of whatever frames it (RFC 9112, sections 6 and 7.1).
package struct HTTPBody: Sendable {
    /// Why a body cannot be read, to be said after the name of what sends it.
    package struct Failure: Error, Hashable {
        /// What it does, in words: `sends malformed chunks`.
        package var problem: String
    }

    private enum Framing: Sendable {
        case untilEnd
        case length(Int)
        case chunked(ChunkedCoding)
    }

    /// What has arrived of it.
    package private(set) var bytes: [UInt8] = []
    private var framing: Framing
    private let maximumBytes: Int

    /// The body that follows `head`, of which no more than `maximumBytes` are taken.
    package init(after head: ResponseHead, maximumBytes: Int) throws(Failure) {
        self.maximumBytes = maximumBytes
        // These have none, whatever their fields say (RFC 9112, section 6.3).
        guard ![204, 304].contains(head.status) else {
            framing = .length(0)
            return
        }
        let codings = head.fields.elements(of: "transfer-encoding")
        let lengths = head.fields.values(of: "content-length")
        if !codings.isEmpty {
            guard codings.count == 1, codings[0].lowercased() == "chunked" else {
                throw Failure(problem: "encodes its answer as \(codings.joined(separator: ", ").escapedForTerminal)")
            }
            framing = .chunked(ChunkedCoding())
        } else if let text = lengths.first {
            guard Set(lengths).count == 1, let length = Int(text), length >= 0, text.first != "+" else {
                throw Failure(
                    problem: "sends the Content-Length \(lengths.joined(separator: ", ").escapedForTerminal)")
            }
            framing = .length(length)
        } else {
            framing = .untilEnd
        }
    }

    /// Whether all of it is here.
    package var isComplete: Bool {
        switch framing {
        case .untilEnd: false
        case .length(let length): bytes.count >= length
        case .chunked(let coding): coding.isComplete
        }
    }

    /// Whether it is whole when the stream ends now.
    package var mayEnd: Bool {
        if case .untilEnd = framing { true } else { isComplete }
    }

    /// Takes what has come; what follows the body is dropped.
    package mutating func receive(_ input: ArraySlice<UInt8>) throws(Failure) {
        switch framing {
        case .untilEnd: bytes += input
        case .length(let length): bytes += input.prefix(max(0, length - bytes.count))
        case .chunked(var coding):
            try coding.decode(input, into: &bytes)
            framing = .chunked(coding)
        }
        guard bytes.count <= maximumBytes else {
            throw Failure(problem: "sends more than \(maximumBytes >> 20) MiB")
        }
    }
}
