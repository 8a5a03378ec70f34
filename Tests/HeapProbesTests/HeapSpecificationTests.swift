import ProcessResources
import Testing

@testable import HeapProbes

@Suite("--heap")
struct HeapSpecificationTests {
    @Test(
        arguments: [
            ("auto", .automatic), ("none", .none), ("node", .node), ("jvm", .jvm), ("go", .go(nil)),
            ("python", .python), ("ruby", .ruby), ("native", .native), ("glibc", .glibc),
            ("command:cat /run/heap", .command("cat /run/heap", key: nil)),
            ("command:cat /run/heap#live_bytes", .command("cat /run/heap", key: "live_bytes")),
            (#"command:m#a{b="c d"}"#, .command("m", key: #"a{b="c d"}"#)),
            ("command:m # with a comment", .command("m # with a comment", key: nil)),
        ] as [(String, HeapSpecification)])
    func read(text: String, expected: HeapSpecification) throws {
        #expect(try HeapSpecification(text) == expected)
    }

    @Test("Go's pages may be named, by a URL without a name behind it")
    func go() throws {
        let location = try HTTPLocation("http://127.0.0.1:6060/debug/pprof/")
        #expect(try HeapSpecification("go:http://127.0.0.1:6060/debug/pprof/") == .go(location))
        #expect(HeapSpecification.go(location).gauge == .liveBytes && !HeapSpecification.go(location).mayLag)
    }

    @Test func url() throws {
        guard case .url(let location, let key) = try HeapSpecification("url:http://[::1]:9100/metrics?x=1#sessions")
        else {
            Issue.record("not a URL")
            return
        }
        #expect(location.host == "::1")
        #expect(location.port == 9100)
        #expect("\(location)" == "http://[::1]:9100/metrics?x=1")
        guard case .url(let secure, nil) = try HeapSpecification("url:https://a/b") else {
            Issue.record("no URL")
            return
        }
        #expect(secure.isSecure && secure.port == 443 && "\(secure)" == "https://a/b")
        #expect(key == "sessions")
    }

    @Test(
        "what cannot be meant says what can",
        arguments: [
            ("", "auto, none, node"), ("perl", "python, ruby, go, go:http[s]://HOST:PORT[/PATH], native"),
            ("go:", "http://HOST:PORT/PATH"), ("go:http://a/#x", "http://HOST:PORT/PATH"),
            ("url:http://a/#goroutines", "already"),
            ("url:ftp://a/", "https:// for TLS"),
            ("url:http://", "http://HOST:PORT/PATH"), ("url:http://a/#", "a name must follow"),
            ("url:http://a/#threads", "already"), ("url:http://a/#objects", "already"), ("command:", "shell command"),
            ("command:  ", "shell command"),
        ])
    func refused(text: String, words: String) {
        let failure = #expect(throws: HeapProbeFailure.self) { try HeapSpecification(text) }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test(
        "only a native program is told to trace what it allocates", arguments: [Runtime.native, .jvm, .node, .python])
    func traced(runtime: Runtime) {
        let environment = HeapSpecification.environmentForCauses(of: runtime)
        #expect((environment["WATERTIGHT_TRACE"] != nil) == (runtime == .native))
        #expect(HeapSpecification.automatic.environment["WATERTIGHT_TRACE"] == nil)
    }

    @Test("a name with bytes in it is the live heap, another a count")
    func gauges() {
        #expect(HeapSpecification.gauge(key: nil) == .liveBytes)
        #expect(HeapSpecification.gauge(key: "app_heap_bytes") == .liveBytes)
        #expect(HeapSpecification.gauge(key: "app_sessions") == .count("app_sessions"))
    }
}
