import Fleet
import Prometheus
import Sockets
import SystemCalls
import Testing
import WebSocketProtocol
import WebSockets

/// The client against a small server that answers as each test wants.
@Suite("Prometheus over HTTP")
struct PrometheusServerTests {
    /// What was asked for, and what is answered in turn; the last answer again and again.
    private final class Script: Sendable {
        let requests = Locked<[RequestHead]>([])
        private let answers: Locked<[HTTPResponse]>

        init(_ answers: [HTTPResponse]) {
            self.answers = Locked(answers)
        }

        func answer(_ request: RequestHead) -> HTTPResponse {
            requests.withLock { $0.append(request) }
            return answers.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
    }

    private static func json(_ body: String, status: Int = 200, date: String? = nil) -> HTTPResponse {
        var fields = HTTPFields()
        fields.append(name: "Content-Type", value: "application/json")
        if let date { fields.append(name: "Date", value: date) }
        return HTTPResponse(status: status, fields: fields, body: Array(body.utf8))
    }

    private static let matrix = """
        {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"a","pod":"x"},\
        "values":[[60,"1"],[120,"NaN"],[180,"2.5"]]}]}}
        """

    /// What `body` came to against a server with these answers, and what it was asked.
    private func asking<Value: Sendable>(
        _ answers: [HTTPResponse], token: String? = nil,
        _ body: @escaping @Sendable (PrometheusServer) throws -> Value
    ) async throws -> (Result<Value, any Error>, [RequestHead]) {
        let script = Script(answers)
        var configuration = ServerConfiguration()
        configuration.httpResponse = { script.answer($0) }
        let server = try await WebSocketServer.start(configuration) { _ in SinkHandler() }
        var place = try #require(
            PrometheusServer.Configuration(url: "http://127.0.0.1:\(server.address.port)/prometheus/"))
        place.token = token
        let asked = place
        let outcome = try await Thread.run("asking") {
            try body(PrometheusServer(asked, pause: { _ in }, now: { 1_700_000_000 }))
        }
        await server.shutdownNow()
        return (outcome, script.requests.withLock { $0 })
    }

    private func failure<Value>(_ outcome: Result<Value, any Error>) -> StoreFailure? {
        if case .failure(let error) = outcome { error as? StoreFailure } else { nil }
    }

    @Test("a range is asked for and read, the token is sent, and what is no number is left out")
    func range() async throws {
        let (outcome, requests) = try await asking([Self.json(Self.matrix)], token: "secret") {
            try $0.series(of: "a{b=\"ü&\"}", in: 60..<240, step: 60)
        }
        let answer = try outcome.get()
        #expect(answer.series.map(\.labels) == [["pod": "x"]])
        #expect(answer.series[0].points.map(\.time) == [60, 180])
        #expect(answer.series[0].points.map(\.value) == [1, 2.5])
        #expect(requests.map(\.path) == ["/prometheus/api/v1/query_range"])
        #expect(requests[0].fields["Authorization"] == "Bearer secret")
        #expect(requests[0].queryItems.map(\.name) == ["query", "start", "end", "step"])
        #expect(requests[0].queryItems.map(\.value) == ["a{b=\"ü&\"}", "60", "180", "60"])
    }

    @Test("names, and what the store warns of")
    func names() async throws {
        let (outcome, _) = try await asking([Self.json("{\"status\":\"success\",\"data\":[\"a\",\"b\"]}")]) {
            try $0.names(matching: "", in: 0..<1)
        }
        #expect(try outcome.get() == ["a", "b"])
        let warned = Self.matrix.replacing("\"status\"", with: "\"warnings\":[\"half\"],\"status\"")
        let (series, _) = try await asking([Self.json(warned)]) { try $0.series(of: "a", in: 0..<1, step: 1) }
        #expect(try series.get().warnings == ["half"])
    }

    @Test("what may pass is tried again, at most three times")
    func retries() async throws {
        let busy = Self.json("{\"status\":\"error\",\"error\":\"busy\"}", status: 503)
        let (outcome, requests) = try await asking([busy, busy, Self.json(Self.matrix)]) {
            try $0.series(of: "a", in: 0..<1, step: 1).series.count
        }
        #expect(try outcome.get() == 1)
        #expect(requests.count == 3)
        let (never, again) = try await asking([busy]) { try $0.series(of: "a", in: 0..<1, step: 1).series.count }
        #expect(failure(never) == .unreachable(problem: "HTTP 503: busy", attempts: 3))
        #expect(again.count == 3)
    }

    @Test("what does not pass is told at once")
    func refusals() async throws {
        let query: @Sendable (PrometheusServer) throws -> Int = {
            try $0.series(of: "a", in: 0..<1, step: 1).series.count
        }
        let refused = "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}"
        let (many, requests) = try await asking([Self.json(refused, status: 422)], query)
        #expect(failure(many) == .refused(status: 422, problem: "many-to-many"))
        #expect(requests.count == 1)
        for status in [401, 403] {
            let (outcome, _) = try await asking([Self.json("no", status: status)], query)
            #expect(failure(outcome) == .unauthorised(status: status))
        }
        let (page, _) = try await asking([Self.json("<html>hello</html>")], query)
        #expect(failure(page) == .malformed(problem: "that is no answer of Prometheus"))
        let (half, _) = try await asking([Self.json(String(Self.matrix.prefix(60)))], query)
        #expect(failure(half) == .malformed(problem: "the answer breaks off after 60 bytes"))
    }

    @Test("clocks that are apart are told")
    func clocks() async throws {
        let query: @Sendable (PrometheusServer) throws -> Int = {
            try $0.series(of: "a", in: 0..<1, step: 1).series.count
        }
        let (outcome, _) = try await asking([Self.json(Self.matrix, date: "Tue, 14 Nov 2023 23:13:20 GMT")], query)
        #expect(failure(outcome) == .clocksApart(seconds: 3600))
        let (near, _) = try await asking([Self.json(Self.matrix, date: "Tue, 14 Nov 2023 22:13:50 GMT")], query)
        #expect(try near.get() == 1)
    }

    @Test("what is cancelled ends, and nobody there is told")
    func ends() async throws {
        let place = try #require(PrometheusServer.Configuration(url: "http://127.0.0.1:1"))
        let cancelled = PrometheusServer(place, isCancelled: { true })
        #expect(throws: CancellationError.self) { try cancelled.names(matching: "", in: 0..<1) }
        let nobody = PrometheusServer(place, pause: { _ in })
        #expect(throws: StoreFailure.self) { try nobody.names(matching: "", in: 0..<1) }
    }

    @Test(
        "URLs that are none",
        arguments: ["127.0.0.1:9090", "ftp://a", "http://", "http://a?b", "http://user:x@a", "http://a b", "http:///x"])
    func places(url: String) {
        #expect(PrometheusServer.Configuration(url: url) == nil)
    }
}
