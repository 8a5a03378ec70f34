/// How input is cut into the pieces that arrive one after the other.
enum Cutting {
    case whole
    case bytes
    /// Sizes that are used in turn.
    case sizes([Int])

    /// The ways in which every input is tried; four bytes of the input choose the last.
    static func ways(_ input: inout FuzzInput) -> [Cutting] {
        let sizes = (0..<4).map { _ in
            let byte = Int(input.byte())
            return byte < 128 ? 1 + byte % 24 : 1 + (byte - 128) * 16
        }
        return [.whole, .bytes, .sizes(sizes)]
    }

    func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let sizes: [Int]
        switch self {
        case .whole: return [bytes[...]]
        case .bytes: sizes = [1]
        // Longer input is cut into longer pieces: their number is what takes time.
        case .sizes(let chosen): sizes = chosen.map { $0 * (1 + bytes.count / 4096) }
        }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(sizes[pieces.count % sizes.count])
            pieces.append(piece)
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}

/// Bytes in an allocation of exactly their size, so that the address sanitizer sees an access past their end.
struct Piece: ~Copyable {
    let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: ArraySlice<UInt8>) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit { memory.deallocate() }

    var count: Int { memory.count }

    func bytes(_ range: Range<Int>) -> [UInt8] { Array(memory[range]) }

    func borrow<Result>(_ body: (RawSpan) -> Result) -> Result {
        body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory)))
    }

    func change<Result>(_ body: (inout MutableRawSpan) -> Result) -> Result {
        var span = MutableRawSpan(_unsafeBytes: memory)
        return body(&span)
    }
}

func array(_ queue: borrowing ByteQueue) -> [UInt8] { queue.withUnsafeBytes { Array($0) } }
