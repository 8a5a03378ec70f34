import Testing

@testable import WebSocketProtocol

/// Whole answers as RFC 9112 frames them, each cut at every place.
@Suite("An answer over HTTP")
struct ResponseReaderTests {
    /// What is known once `pieces` have come.
    private struct Known: Equatable {
        var status: Int?
        var body = ""
        var isComplete = false
        var mayEnd = false
        var failure: ResponseReader.Failure?
    }

    private func read(_ pieces: [[UInt8]]) -> Known {
        var reader = ResponseReader(maximumBytes: 1 << 20)
        var known = Known()
        for piece in pieces where known.failure == nil {
            do throws(ResponseReader.Failure) {
                try reader.receive(piece.span.bytes)
            } catch {
                known.failure = error
            }
        }
        known.status = reader.head?.status
        known.body = String(decoding: reader.body, as: UTF8.self)
        (known.isComplete, known.mayEnd) = (reader.isComplete, reader.mayEnd)
        return known
    }

    /// What is known of `text`, whole, in single bytes, and in two pieces; the same each time.
    private func readAtEveryCut(_ text: String) -> Known {
        let bytes = Array(text.utf8)
        let whole = read([bytes])
        #expect(read(bytes.map { [$0] }) == whole)
        for cut in 0...bytes.count {
            #expect(read([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "cut at \(cut)")
        }
        return whole
    }

    @Test(
        "is whole at its length, its last chunk, or the end of the stream",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", 200, "hello", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x\r\n!\r\n0\r\n\r\n", 200, "hi!", true),
            ("HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello", false),
            ("HTTP/1.0 201 \r\nServer: x\r\n\r\n", 201, "", false),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, "", true),
            ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403, "no", true),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 1\r\n\r\na",
                200, "a", true
            ),
        ])
    func whole(text: String, status: Int, body: String, isComplete: Bool) {
        #expect(
            readAtEveryCut(text)
                == Known(status: status, body: body, isComplete: isComplete, mayEnd: true, failure: nil))
    }

    @Test(
        "is not whole where the stream ends early",
        arguments: [
            "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        ])
    func early(text: String) {
        let known = readAtEveryCut(text)
        #expect(!known.isComplete && !known.mayEnd && known.failure == nil)
    }

    @Test("what is no HTTP, or no body, is refused")
    func refused() {
        #expect(readAtEveryCut("hello there\r\n\r\n").failure == .malformedHead(.malformedStatusLine))
        #expect(
            readAtEveryCut("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").failure
                == .body(HTTPBody.Failure(problem: "encodes its answer as gzip")))
        #expect(read([[21, 3, 3, 0, 2, 2, 22, 0]]).failure == .encrypted, "an alert of TLS")
        let endless = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 101)
        #expect(read([Array(endless.utf8)]).status == 102, "interim answers are bounded")
        let large = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1 << 20 + 1)
        #expect(read([Array(large.utf8)]).failure == .body(HTTPBody.Failure(problem: "sends more than 1 MiB")))
    }
}

@Suite("A request that asks for no upgrade")
struct PlainRequestTests {
    private func text(_ request: PlainRequest) -> String {
        var output = ByteQueue()
        request.encode(into: &output)
        return output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("asks for the end of the connection, and tells the length of a body")
    func encoded() throws {
        #expect(
            text(
                try PlainRequest(
                    method: "GET", host: "h:1", target: "/a?b=c", fields: ["X-Key": "k"], origin: "http://o"))
                == "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\nAccept: */*\r\nOrigin: http://o\r\nX-Key: k\r\n\r\n"
        )
        #expect(
            text(try PlainRequest(method: "POST", host: "h", target: "/t", body: Array("{}".utf8)))
                == "POST /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        )
        #expect(
            text(try PlainRequest(method: "POST", host: "h", target: "/t", body: [])).hasSuffix(
                "Accept: */*\r\nContent-Length: 0\r\n\r\n"))
    }

    @Test(
        "a body is called what it looks like, unless a field says what it is",
        arguments: [
            ("[1]", "application/json"), ("user=ann&key=1", "application/x-www-form-urlencoded"),
            ("hello = there", "text/plain; charset=utf-8"), ("hello", "text/plain; charset=utf-8"),
        ])
    func types(body: String, type: String) throws {
        let bytes = Array(body.utf8)
        let request = try PlainRequest(method: "POST", host: "h", target: "/t", body: bytes)
        #expect(text(request).contains("\r\nContent-Type: \(type)\r\n"))
        let named = try PlainRequest(
            method: "POST", host: "h", target: "/t", fields: ["content-type": "a/b"], body: bytes)
        #expect(text(named).contains("content-type: a/b\r\n") && !text(named).contains(type))
    }

    @Test("what could break it is refused")
    func refused() {
        #expect(throws: ClientRequestError.invalidTarget("a")) {
            try PlainRequest(method: "GET", host: "h", target: "a")
        }
        #expect(throws: ClientRequestError.invalidTarget("/a b")) {
            try PlainRequest(method: "GET", host: "h", target: "/a b")
        }
        #expect(throws: ClientRequestError.invalidField(name: "A")) {
            try PlainRequest(method: "GET", host: "h", target: "/a", fields: ["A": "b\r\nc"])
        }
        #expect(throws: ClientRequestError.reservedField(name: "Connection")) {
            try PlainRequest(method: "GET", host: "h", target: "/a", fields: ["Connection": "keep-alive"])
        }
    }
}
