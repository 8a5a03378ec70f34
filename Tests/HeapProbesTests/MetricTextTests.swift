import Remedies
import Testing

@testable import HeapProbes

@Suite("What a user's probe prints")
struct MetricTextTests {
    private func amount(_ text: String, _ key: String? = nil) throws(HeapProbeFailure) -> Double {
        try MetricText(Array(text.utf8)).amount(key: key)
    }

    static let exposition = """
        # HELP app_open_sessions Sessions.
        # TYPE app_open_sessions gauge
        app_open_sessions 12
        app_requests_total{method="GET",path="/a b}\\"c"} 7 1700000000000
        app_requests_total{method="POST"} 1e3
        app_heap_bytes 2.5e6
        app_ratio NaN
        # EOF

        """

    @Test("a number alone", arguments: [("4096", 4096.0), ("  4096\n", 4096), ("1.5e6", 1_500_000), ("0", 0)])
    func number(text: String, value: Double) throws {
        #expect(try amount(text) == value)
    }

    @Test("a number alone is whatever the user calls it", arguments: ["sessions", "live_bytes", nil])
    func named(key: String?) throws {
        #expect(try amount("12\n", key) == 12)
    }

    @Test("JSON, nested objects under their path")
    func json() throws {
        let text = #"{"pid": 7, "name": "a", "ok": true, "heap": {"used_bytes": 5, "of": [1]}}"#
        #expect(try amount(text, "heap.used_bytes") == 5)
        #expect(try amount(text, "pid") == 7)
        #expect(try amount(#"{"heap": 5}"#) == 5)
    }

    @Test("metrics, by name or by name with labels")
    func metrics() throws {
        #expect(try amount(Self.exposition, "app_open_sessions") == 12)
        #expect(try amount(Self.exposition, "app_heap_bytes") == 2_500_000)
        #expect(try amount(Self.exposition, #"app_requests_total{method="POST"}"#) == 1000)
        #expect(try amount(Self.exposition, #"app_requests_total{method="GET",path="/a b}\"c"}"#) == 7)
        #expect(try amount("app_heap_bytes 3\n") == 3)
    }

    @Test(
        "what cannot be read says what to do",
        arguments: [
            (exposition, nil, "app_open_sessions, app_requests_total{"),
            (exposition, "app_requests_total", #"app_requests_total{method="POST"}"#),
            (exposition, "nonesuch", "no value called \"nonesuch\""),
            (exposition, "app_ratio", "no value called"),
            (#"{"a": 1, "b": 2}"#, nil, "a, b"),
            (#"{"a": "1"}"#, nil, "no number"),
            (#"{"a": 1"#, nil, "malformed"),
            ("1e308", nil, "more than any process holds"), ("a 1e16\nb 2\n", "a", "more than any process holds"),
            (#"{"a": -1e300}"#, "a", "more than any process holds"), ("", nil, "no number"),
            ("nan", nil, "no number"),
            ("heap profile: 3: 4096 [10: 8192] @ heap/1048576\n", nil, "it is a heap profile"),
        ] as [(String, String?, String)])
    func refused(text: String, key: String?, words: String) {
        let failure = #expect(throws: HeapProbeFailure.self) { try amount(text, key) }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
        #expect(failure?.problem.remedies == (text.hasPrefix("heap profile") ? [.readGoProfile] : []))
    }

    @Test("bytes that are no text are refused")
    func binary() {
        let failure = #expect(throws: HeapProbeFailure.self) { try MetricText([0x1F, 0x8B, 0x08, 0xFF]) }
        #expect(failure?.problem.remedies == [.readGoProfile])
    }
}
