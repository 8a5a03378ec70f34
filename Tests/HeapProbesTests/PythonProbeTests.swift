import Foundation
import Glibc
import ProcessResources
import Remedies
import TestSupport
import Testing

@testable import HeapProbes

@Suite("The agent in CPython", .serialized, .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
struct PythonProbeTests {
    @Test("objects that are kept are counted to the block, and their bytes")
    func kept() async throws {
        let added = try await AgentScript.python("", "kept.append([bytearray(50_000) for _ in range(1000)])").added()
        // A bytearray is an object and its bytes; the list and what appending takes are a few more.
        #expect((2000...2010).contains(added.count), "\(added)")
        #expect((50_000_000...51_000_000).contains(added.bytes), "\(added)")
    }

    @Test("garbage in cycles is not counted, unless the program has turned its collector off")
    func cycles() async throws {
        let code = "kept[:] = []; [(lambda a: a.append(a))([]) for _ in range(500)]"
        let added = try await AgentScript.python("gc.set_threshold(1_000_000)", code).added()
        #expect(abs(added.count) < 10, "\(added)")
        let off = try await AgentScript.python("gc.disable()", code).added()
        #expect((500...1010).contains(off.count), "\(off)")
    }

    @Test("nothing that happens is read as nothing")
    func flat() async throws {
        let script = try await AgentScript.python("", "pass")
        let probe = try await script.probe()
        let first = try await probe.read()
        for _ in 0..<20 { #expect(try await probe.read() == first) }
        withExtendedLifetime(script) {}
    }

    @Test("a forked worker has an agent of its own, and no fork meets a thread of ours")
    func workers() async throws {
        let code = """
            pid = os.fork()
                if pid == 0:
                    kept.append([object() for _ in range(5000)])
                    while True: time.sleep(600)
            """
        let script = try await AgentScript.python("import warnings; warnings.simplefilter('error')", code)
        let probe = try await script.probe()
        let alone = try await probe.read()
        try await script.act()
        #expect(await eventually { (try? script.reader.descendants())?.count == 1 })
        var both = alone
        #expect(
            try await eventually {
                both = try await probe.read()
                return (both[HeapGauge.blocks] ?? 0) > (alone[HeapGauge.blocks] ?? 0) + 10_000
            }, "\(both) after \(alone)")
    }

    @Test("the program's own sitecustomize is imported all the same, and finds its folder as it was")
    func own() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "watertight-site-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try "import sys; sys.customized = True".write(
            to: folder.appending(path: "sitecustomize.py"), atomically: true, encoding: .utf8)
        let path = try #require(HeapSpecification.python.environment["PYTHONPATH"])
        let checks = "assert sys.customized; assert not [p for p in sys.path if 'watertight-agent' in p], sys.path"
        let script = try await AgentScript.python(
            checks, "pass", environment: ["PYTHONPATH": "\(path):\(folder.path())"])
        let levels = try await script.probe().read()
        #expect((levels[HeapGauge.blocks] ?? 0) > 1000)
    }

    @Test("one that does not import it, or whose interpreter is busy, is said so")
    func absent() async throws {
        let isolated = try await AgentScript.python("", "pass", options: ["-I"])
        await #expect {
            _ = try await isolated.probe()
        } throws: {
            "\($0)".contains("has no agent: Python imports it at its start, unless it runs with -I, -E or -S")
        }
    }
}
