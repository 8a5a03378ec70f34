import Foundation
import Glibc
import LeakStatistics
import ProcessResources
import Remedies
import Testing

@testable import Targets

/// Whether Ruby is there. In CI it must be: a test that is skipped there proves nothing.
private var isPossible: Bool {
    getenv("CI") != nil
        || String(cString: getenv("PATH")).split(separator: ":").contains { access("\($0)/ruby", X_OK) == 0 }
}

@Suite("A command that runs Ruby", .enabled(if: isPossible, "ruby is not installed"))
struct RubyTargetTests {
    private static let server = """
        server = TCPServer.new("127.0.0.1", ARGV[0].to_i)
        2.times { fork { loop { server.accept.close } } }
        Process.waitall
        """

    /// The target of `command`, with what `--heap auto` opens.
    private static func target(_ command: [String]) async throws -> Target {
        let target = try await Target.start(
            command, url: "ws://127.0.0.1:{port}/", limit: .seconds(60),
            environment: HeapTemplate.automatic.environment)
        await target.openProbes([.automatic])
        return target
    }

    @Test(
        "it is read by an agent, also behind a launcher",
        arguments: [[], ["env"], ["sh", "-c", "\"$@\"; exit", "sh"]])
    func found(launcher: [String]) async throws {
        let target = try await Self.target(launcher + ["ruby", "-rsocket", "-e", Self.server, "{port}"])
        defer { target.end() }
        #expect(target.runtime.runtime == .ruby)
        let sources = await target.probes.sources
        #expect(sources.map(\.resource) == [.liveHeap, .objects])
        #expect(sources.first?.coversAllocators == true)
        let levels = await target.probes.read(connections: 0, isDecisive: true)
        #expect((levels[.objects] ?? 0) > 5000, "\(levels)")
    }

    @Test("one that hides RUBYOPT is said to, and serves")
    func hidden() async throws {
        let target = try await Self.target(["ruby", "--disable=rubyopt", "-rsocket", "-e", Self.server, "{port}"])
        defer { target.end() }
        let failure = try #require(await target.probes.failures[.liveHeap])
        #expect(failure.description.contains("has no agent: Ruby requires it at its start"), "\(failure)")
        #expect(failure.remedies == [.outside("start it so"), .goWithoutHeap])
        #expect(target.listens == true)
    }

    @Test("one to which the agent's file is hidden is started again without")
    func unreachable() async throws {
        let target = try await Target.start(
            ["ruby", "-rsocket", "-e", Self.server, "{port}"], url: "ws://127.0.0.1:{port}/", limit: .seconds(60),
            environment: ["RUBYOPT": "-r/nowhere/watertight-agent-1-x/agent.rb"])
        defer { target.end() }
        #expect(target.listens == true)
    }
}
