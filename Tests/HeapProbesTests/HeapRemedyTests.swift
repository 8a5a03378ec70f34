import Foundation
import Glibc
import ProcessResources
import Remedies
import TestSupport
import Testing

@testable import HeapProbes

@Suite("What is said of a runtime whose heap no probe reads by itself")
struct HeapRemedyTests {
    @Test("each runtime without a probe has a remedy, the others have none")
    func whole() {
        let read: Set<Runtime> = [.node, .jvm, .go, .python, .ruby, .native]
        for runtime in Runtime.allCases {
            #expect((runtime.heapRemedy == nil) == read.contains(runtime), "\(runtime)")
        }
    }

    /// What a remedy has a user give, if that is a command that a shell takes in single quotes.
    private func specification(_ runtime: Runtime) throws -> HeapSpecification? {
        guard case .readByCommand(let command, _) = runtime.heapRemedy, !command.contains("'") else { return nil }
        return try HeapSpecification("command:\(command)")
    }

    @Test("the line for .NET and for Erlang reads what their programs print")
    func lines() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        for (program, output) in [
            ("dotnet-gcdump", "      39,114,093  GC Heap bytes\n          13,633  GC Heap objects\n"),
            ("erl_call", "{ok, 14115232}"),
        ] {
            try await Script.write(
                "#!/bin/sh\ncat >/dev/null\nprintf '\(output)'\n", to: folder.appending(path: program).path)
        }
        for (runtime, bytes) in [(Runtime.dotnet, 39_114_093.0), (.erlang, 14_115_232)] {
            guard case .command(let command, nil) = try specification(runtime) else {
                Issue.record("no command for \(runtime)")
                continue
            }
            let probe = CommandProbe(command: "PATH=\(folder.path):$PATH; \(command)", key: nil, pid: getpid())
            #expect(try await probe.read() == [.liveBytes: bytes])
        }
    }

    @Test(
        "a target of such a runtime is told it, one of another is not",
        arguments: [("php", Runtime.php), ("beam.smp", .erlang), ("lua", nil)])
    func told(program: String, runtime: Runtime?) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: program).path
        // Copied by a process of its own: one that is started meanwhile would hold it open for writing.
        let process = try StartedProcess(["/bin/sh", "-c", "cp /bin/sleep \"$0\" && exec \"$0\" 600", path])
        let reader = try await process.reader(when: StartedProcess.isIdle)
        let subject = HeapSubject(processes: [reader], url: try HTTPLocation("http://127.0.0.1:1/"), isOwn: false)
        var remedies: [Remedy] = []
        do {
            #expect(try await subject.open(.automatic) == nil)
        } catch {
            remedies = error.problem.remedies
        }
        #expect(remedies == [runtime?.heapRemedy].compactMap { $0 })
    }

    private static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "watertight-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        return folder
    }
}
