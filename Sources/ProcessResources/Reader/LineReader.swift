import Glibc
import SystemCalls

/// Streams a file line by line through one bounded buffer; skips a line longer than the buffer.
struct LineReader: ~Copyable {
    private let descriptor: OwnedDescriptor
    private var buffer: [UInt8]
    private let chunk: Int

    /// - Parameter chunk: the most to read at once, which also bounds how far the kernel walks a table.
    init(_ descriptor: consuming OwnedDescriptor, capacity: Int = 16_384, chunk: Int = 16_384) {
        self.descriptor = descriptor
        self.buffer = [UInt8](repeating: 0, count: capacity)
        self.chunk = chunk
    }

    /// Calls `body` with each line, without its end, until it returns false; a last line may lack its end.
    consuming func forEach(_ body: (Span<UInt8>) -> Bool) throws(SystemCallError) {
        var filled = 0
        var passingOver = false
        while true {
            let received = try descriptor.read(into: &buffer, from: filled, count: chunk)
            if received == 0 { break }
            filled += received
            var start = 0
            while let end = Self.lineEnd(in: buffer, start..<filled) {
                if passingOver {
                    passingOver = false
                } else if !body(buffer.span.extracting(start..<end)) {
                    return
                }
                start = end + 1
            }
            if start == 0, filled == buffer.count {
                passingOver = true
                filled = 0
            } else if start > 0 {
                buffer.withUnsafeMutableBytes { bytes in
                    if let base = bytes.baseAddress { _ = memmove(base, base + start, filled - start) }
                }
                filled -= start
            }
        }
        if filled > 0, !passingOver { _ = body(buffer.span.extracting(0..<filled)) }
    }

    private static func lineEnd(in buffer: [UInt8], _ range: Range<Int>) -> Int? {
        buffer.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress,
                let found = memchr(base + range.lowerBound, Int32(UInt8(ascii: "\n")), range.count)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}

/// Calls `body` with each line of `text`, without its end.
func forEachLine(in text: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
    var start = 0
    for index in text.indices where text[index] == UInt8(ascii: "\n") {
        body(text.extracting(start..<index))
        start = index + 1
    }
    if start < text.count { body(text.extracting(start..<text.count)) }
}
