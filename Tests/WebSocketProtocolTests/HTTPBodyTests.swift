import Testing

@testable import WebSocketProtocol

/// Bodies as RFC 9112 frames them, each also a byte at a time.
@Suite("The body of an answer")
struct HTTPBodyTests {
    private static let limit = 1 << 20

    /// What is read of `text` after `head`, whole and cut into single bytes; nil where it is not whole at the end.
    private func body(_ head: HTTPFields, _ text: String) throws -> String? {
        var whole = try HTTPBody(after: ResponseHead(status: 200, fields: head), maximumBytes: Self.limit)
        var cut = whole
        try whole.receive(Array(text.utf8)[...])
        for byte in text.utf8 { try cut.receive([byte]) }
        #expect(cut.bytes == whole.bytes && cut.mayEnd == whole.mayEnd)
        return whole.mayEnd ? String(decoding: whole.bytes, as: UTF8.self) : nil
    }

    private static let chunked: HTTPFields = ["Transfer-Encoding": "chunked"]

    @Test(
        "chunks are put together",
        arguments: [
            ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"),
            ("5\r\nhello\r\n3\r\n \r\n\r\n0\r\n\r\n", "hello \r\n"),
            ("A;name=\"v\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n", "0123456789"),
            ("0a \r\n0123456789\r\n0\r\n\r\nanother answer", "0123456789"),
        ])
    func chunks(text: String, body: String) throws {
        #expect(try self.body(Self.chunked, text) == body)
    }

    @Test(
        "chunks that stop early are not whole",
        arguments: ["", "5", "5\r\nhel", "5\r\nhello\r\n", "0\r\n", "0\r\nT: x\r\n"])
    func early(text: String) throws {
        #expect(try body(Self.chunked, text) == nil)
    }

    @Test(
        "what are no chunks is refused",
        arguments: [
            "hello", "\r\n", "-1\r\n", "5\r\nhello!\r\n", "5\r\nhello\r\r\n", "FFFFFFFFFFFFFFFFF\r\n",
            "1;" + String(repeating: "x", count: 5000), "0\r\n" + String(repeating: "a: b\r\n", count: 1000),
        ])
    func malformed(text: String) {
        #expect(throws: HTTPBody.Failure(problem: "sends malformed chunks")) { try body(Self.chunked, text) }
    }

    @Test("no more is taken than the limit allows")
    func large() throws {
        let chunk = "10000\r\n" + String(repeating: "x", count: 65_536) + "\r\n"
        let most = String(repeating: chunk, count: 16) + "0\r\n\r\n"
        #expect(try body(Self.chunked, most)?.utf8.count == Self.limit)
        let failure = #expect(throws: HTTPBody.Failure.self) {
            try body(Self.chunked, chunk + most)
        }
        #expect(failure?.problem.contains("more than 1 MiB") == true)
    }

    @Test("a length, and the end of the stream")
    func plain() throws {
        #expect(try body(["Content-Length": "5"], "hello and more") == "hello")
        #expect(try body(["Content-Length": "0"], "") == "")
        #expect(try body(["Content-Length": "5"], "hell") == nil)
        #expect(try body([:], "hello") == "hello")
    }

    @Test("a status that has no body has none, whatever follows", arguments: [204, 304])
    func none(status: Int) throws {
        let body = try HTTPBody(
            after: ResponseHead(status: status, fields: ["Content-Length": "5"]), maximumBytes: Self.limit)
        #expect(body.isComplete && body.bytes == [])
    }

    @Test(
        "framing that cannot be understood is refused",
        arguments: [
            ["Content-Length": "-5"], ["Content-Length": "+5"], ["Content-Length": "five"],
            ["Content-Length": "5", "content-length": "6"], ["Transfer-Encoding": "gzip, chunked"],
            ["Transfer-Encoding": "gzip"],
        ] as [HTTPFields])
    func framing(fields: HTTPFields) {
        #expect(throws: HTTPBody.Failure.self) { try body(fields, "hello") }
    }
}
