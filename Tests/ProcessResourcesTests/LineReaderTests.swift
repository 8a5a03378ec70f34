import Glibc
import SystemCalls
import Testing

@testable import ProcessResources

@Suite("Lines of a file")
struct LineReaderTests {
    /// Reads `text` through a file, with the buffer and the reads so small that every seam is met.
    private func lines(of text: String, capacity: Int, chunk: Int, stopAfter limit: Int = .max) throws -> [String] {
        var path = Array("/tmp/watertight-lines-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(name) }
        try #require(write(descriptor, text, text.utf8.count) == text.utf8.count)
        var lines: [String] = []
        try LineReader(OwnedDescriptor(opening: name, flags: O_RDONLY), capacity: capacity, chunk: chunk).forEach {
            lines.append(String(bytes: $0))
            return lines.count < limit
        }
        return lines
    }

    @Test("lines arrive whole, whatever the reads", arguments: 1...20)
    func seams(chunk: Int) throws {
        let expected = ["a", "", "bcd", "efghij", "", "last"]
        let text = expected.joined(separator: "\n")
        for capacity in 7...12 {
            #expect(try lines(of: text, capacity: capacity, chunk: chunk) == expected)
            #expect(try lines(of: text + "\n", capacity: capacity, chunk: chunk) == expected)
        }
    }

    @Test("a line longer than the buffer is passed over, and only that one")
    func long() throws {
        let text = "one\n" + String(repeating: "x", count: 100) + "\ntwo\n" + String(repeating: "y", count: 50)
        #expect(try lines(of: text, capacity: 8, chunk: 8) == ["one", "two"])
        #expect(try lines(of: text, capacity: 8, chunk: 3) == ["one", "two"])
    }

    @Test("reading stops when asked")
    func stop() throws {
        #expect(try lines(of: "1\n2\n3\n", capacity: 64, chunk: 64, stopAfter: 2) == ["1", "2"])
    }
}
