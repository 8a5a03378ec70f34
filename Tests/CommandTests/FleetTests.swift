import Fleet
import TestSupport
import Testing

@testable import watertight

/// `watertight fleet` without a Prometheus; with one, Tests/Fleet/run.
@Suite("watertight fleet")
struct FleetTests {
    @Test("what a Prometheus says in a refusal moves no terminal")
    func hostile() {
        let words = Code.of(StoreFailure.refused(status: 500, problem: "\u{1B}[2Jgone")).words
        #expect(words.hasSuffix("with 500: ?[2Jgone"))
    }

    @Test("what it cannot do is said in one line, with what to do")
    func refused() async throws {
        let url = "http://127.0.0.1:1"
        for (arguments, code, words) in [
            ([], 64, "give the URL of Prometheus"), (["prometheus:9090"], 64, "is no URL of Prometheus"),
            ([url], 69, "Prometheus cannot be asked: "), ([url, "--since", "5m"], 64, "--since must be 1h to 90d"),
            ([url, "--since", "91d"], 64, "--since must be 1h to 90d"),
            ([url, "--connections", "a b"], 64, "is no metric"), ([url, "--open", "a{b"], 64, "is no metric"),
            ([url, "--by", "version", "--baseline", "version=1"], 64, "is no matcher"),
            ([url, "--baseline", "version=\"1\""], 64, "say by which label with --by"),
            (["--rules", "--dashboard"], 64, "give one of them"), (["--rules", url], 64, "leave the URL out"),
            (["--rules", "--open", "a{b=\"c\"}"], 64, "without braces"),
            ([url, "--json", "-", "--markdown", "-"], 64, "both write to stdout"),
            ([url, "--html", "-", "--junit", "-"], 64, "--junit and --html both write to stdout"),
            ([url, "--html", "x", "--markdown", "x"], 64, "both write to \"x\""),
            ([url, "--junit", ""], 64, "--junit needs the name of a file"),
            ([url, "--json", "/nonexistent/j"], 64, "--json: cannot write"),
            ([url, "--html", "/nonexistent/h"], 64, "--html: cannot write"),
            ([url, "--cacert", "a", "--insecure"], 64, "exclude each other"),
        ] as [([String], Int32, String)] {
            let end = try await Tool.run(["fleet"] + arguments, limit: 600)
            #expect(end.code == code, "\(arguments): \(end.errors)")
            #expect(end.errors.contains(words), "\(arguments): \(end.errors)")
        }
        let token = try await Tool.run(["fleet", url], environment: ["PROMETHEUS_TOKEN": "a\nb"])
        #expect(token.code == 64 && token.errors.contains("PROMETHEUS_TOKEN is no token"))
    }

    @Test("rules and dashboard have the metrics that are named")
    func rules() async throws {
        let rules = try await Tool.run(["fleet", "--rules", "--connections", "ws_total", "--open", "ws_open"])
        #expect(rules.code == 0 && rules.output.contains("increase(ws_total[1d])"))
        #expect(rules.output.contains("process_open_fds - on (job, instance) ws_open"))
        let board = try await Tool.run(["fleet", "--dashboard"])
        #expect(board.code == 0 && board.output.contains("rate(watertight_connections_accepted_total{"))
        #expect(!board.output.contains("_METRIC") && !rules.output.contains("_METRIC"))
    }
}
