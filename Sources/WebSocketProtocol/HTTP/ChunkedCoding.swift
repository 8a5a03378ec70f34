/// Takes the chunks of a body apart (RFC 9112, section 7.1). Extensions and trailers are read over.
struct ChunkedCoding: Sendable {
    private enum State: Sendable {
        /// Within the line that begins a chunk: its size so far, and whether that may still go on.
        case size(Int?, isOpen: Bool)
        /// Within a chunk, of which so many bytes are missing.
        case chunk(Int)
        /// After a chunk, before the end of its line.
        case afterChunk
        /// Within a line after the last chunk: how long it is so far.
        case trailer(length: Int)
        case complete
    }

    /// Bytes of one size line with its extensions, and of all trailers.
    private static let longestLine = 4096
    /// Far beyond every limit of a body, and far from overflow.
    private static let largestChunk = 1 << 40

    private var state = State.size(nil, isOpen: true)
    /// Bytes of the line, or of the trailers, so far.
    private var lineLength = 0

    /// Whether the last chunk and its trailers are read.
    var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Appends what `input` has of chunks to `output`; what follows the body is dropped.
    mutating func decode(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) throws(HTTPBody.Failure) {
        var rest = input
        while let byte = rest.first {
            switch state {
            case .chunk(let missing):
                let part = rest.prefix(missing)
                output += part
                rest = rest.dropFirst(part.count)
                state = part.count == missing ? .afterChunk : .chunk(missing - part.count)
                continue
            case .size(let size, let isOpen): try add(byte, toSize: size, isOpen)
            case .afterChunk: try endChunk(byte)
            case .trailer(let length): try addTrailer(byte, length)
            case .complete: return
            }
            rest = rest.dropFirst()
        }
    }

    private mutating func add(_ byte: UInt8, toSize size: Int?, _ isOpen: Bool) throws(HTTPBody.Failure) {
        try count()
        switch byte {
        case UInt8(ascii: "\n"):
            guard let size else { throw Self.malformed }
            lineLength = 0
            state = size == 0 ? .trailer(length: 0) : .chunk(size)
        case UInt8(ascii: ";"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
            guard size != nil else { throw Self.malformed }
            state = .size(size, isOpen: false)
        case _ where !isOpen: break
        default:
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw Self.malformed }
            let grown = (size ?? 0) * 16 + digit
            guard grown <= Self.largestChunk else { throw Self.malformed }
            state = .size(grown, isOpen: true)
        }
    }

    private mutating func endChunk(_ byte: UInt8) throws(HTTPBody.Failure) {
        try count()
        guard byte == UInt8(ascii: "\n") else {
            guard byte == UInt8(ascii: "\r"), lineLength == 1 else { throw Self.malformed }
            return
        }
        lineLength = 0
        state = .size(nil, isOpen: true)
    }

    private mutating func addTrailer(_ byte: UInt8, _ length: Int) throws(HTTPBody.Failure) {
        try count()
        switch byte {
        case UInt8(ascii: "\n"): state = length == 0 ? .complete : .trailer(length: 0)
        case UInt8(ascii: "\r"): break
        default: state = .trailer(length: length + 1)
        }
    }

    private mutating func count() throws(HTTPBody.Failure) {
        lineLength += 1
        guard lineLength <= Self.longestLine else { throw Self.malformed }
    }

    private static var malformed: HTTPBody.Failure { HTTPBody.Failure(problem: "sends malformed chunks") }
}
