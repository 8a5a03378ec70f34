import Foundation
import Glibc
import ProcessResources
import TestSupport
import Testing

@testable import HeapProbes

@Suite("What agents say of causes", .serialized)
struct AgentCausesTests {
    private static func texts(_ script: AgentScript) async throws -> [String] {
        let agents = try #require(try await AgentCauses(script.subject()))
        return try await agents.texts()
    }

    /// The lines of the first text, in fields.
    private static func lines(_ script: AgentScript) async throws -> [[Substring]] {
        try #require(try await texts(script).first).split(separator: "\n").map {
            $0.split(separator: "\t", omittingEmptySubsequences: false)
        }
    }

    @Test(
        "Python: objects by the variable that holds them",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func holders() async throws {
        let script = try await AgentScript.python(
            """
            class Session:
                def __init__(self): self.user = object(); self.log = []
            class Registry:
                def __init__(self): self.rooms = {"lobby": []}
            class Key:
                def __repr__(self): raise RuntimeError("the program's code is not to run")
            sessions = {}
            registry = Registry()
            by_key = {Key(): []}
            """,
            """
            for number in range(100): sessions[number] = Session(); registry.rooms['lobby'].append(Session())
                for number in range(100): next(iter(by_key.values())).append(Session())
            """)
        _ = try await Self.texts(script)
        try await script.act()
        let lines = try await Self.lines(script)
        let variable = try #require(lines.firstIndex { $0[3] == "sessions" && $0[4] == "dict" })
        #expect(lines.contains { $0[0] == "\(variable)" && $0[1] == "100" && $0[4] == "Session" })
        let list = try #require(lines.firstIndex { $0[3] == "[lobby]" && $0[4] == "list" }, "\(lines)")
        #expect(lines.contains { $0[0] == "\(list)" && $0[1] == "100" && $0[4] == "Session" })
        // By its type where its own words would have an address.
        let keyed = try #require(lines.firstIndex { $0[3] == "[Key]" && $0[4] == "list" }, "\(lines)")
        #expect(lines.contains { $0[0] == "\(keyed)" && $0[1] == "100" && $0[4] == "Session" })
        // The same once more: what is looked at does not change by it.
        let again = try await Self.lines(script)
        #expect(again.contains { $0[3] == "[lobby]" && $0[4] == "list" })
        withExtendedLifetime(script) {}
    }

    @Test(
        "Python: tasks by the line that they wait at, and threads, whatever weak proxies are there",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func tasks() async throws {
        let script = try await AgentScript.python(
            """
            import asyncio, threading, weakref
            class Thing: pass
            dead = weakref.proxy(Thing())
            loop = asyncio.new_event_loop()
            kept = []
            async def wait_for_auth():
                await loop.create_future()
            """,
            """
            kept.extend(loop.create_task(wait_for_auth()) for _ in range(10)); loop.call_soon(loop.stop); loop.run_forever()
                for number in range(4): threading.Thread(target=threading.Event().wait, name="writer-%d7" % number, daemon=True).start()
            """)
        try await script.act()
        let lines = try await Self.lines(script)
        let task = try #require(lines.first { $0[0] == "task" }, "\(lines)")
        #expect(task[1] == "10" && task[3] == "Task wait_for_auth" && task[4] == "wait_for_auth")
        let thread = try #require(lines.first { $0[0] == "thread" && $0[3] == "thread writer-#" }, "\(lines)")
        #expect(thread[1] == "4")
        withExtendedLifetime(script) {}
    }

    @Test(
        "Python: which line opened what is open, and nothing of that grows where files are closed again",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func openings() async throws {
        let script = try await AgentScript.python(
            """
            import socket
            def leak():
                kept.append(open("/dev/null"))
                kept.append(socket.socket())
                for _ in range(100): open("/dev/zero").close()
            """, "leak()", environment: Agent.followsOpenings)
        try await script.act()
        let agents = try #require(try await AgentCauses(script.subject()))
        let openings = await agents.openings(of: script.reader)
        let open = try script.reader.openDescriptors()
        for (kind, isSocket) in [(DescriptorKind.device, false), (.socket, true)] {
            let own = openings.filter { $0.isSocket == isSocket && $0.frames.first?.function == "leak" }
            let numbers = Set(own.map(\.descriptor))
            #expect(open.contains { $0.kind == kind && numbers.contains(Int($0.identity.number)) }, "\(openings)")
            #expect(own.contains { $0.frames.first?.line == (isSocket ? 6 : 5) }, "\(own)")
        }
        let before = try await Self.lines(script)
        for _ in 0..<3 { try await script.act() }
        let after = try await Self.lines(script)
        let grown = after.filter { line in
            line.count == 7 && Int(line[1])! >= 100 && !before.contains { $0[4] == line[4] }
        }
        #expect(grown.isEmpty, "\(grown)")
        withExtendedLifetime(script) {}
    }

    @Test(
        "Python: what the interpreter itself opens, such as the script, is opened as ever",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func script() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "watertight-script-\(UUID()).py")
        defer { try? FileManager.default.removeItem(at: file) }
        let text = "import sys, time\nopen(sys.argv[1], 'w').write('.')\ntime.sleep(600)\n"
        try text.write(to: file, atomically: true, encoding: .utf8)
        let script = try await AgentScript(.python, environment: Agent.followsOpenings) { marks in
            ["python3", file.path(), marks]
        }
        #expect(try !script.reader.openDescriptors().isEmpty)
    }

    @Test(
        "Python: nothing of the agent itself grows",
        .enabled(if: StartedProcess.has("python3"), "python3 is not installed"))
    func flat() async throws {
        let script = try await AgentScript.python("", "pass")
        var counts: [Int] = []
        for _ in 0..<6 { counts.append(try await Self.lines(script).compactMap { Int($0[1]) }.reduce(0, +)) }
        #expect(counts[5] - counts[2] <= 3, "\(counts)")
        let probe = try await script.probe()
        var blocks: [Double] = []
        for _ in 0..<4 {
            _ = try await Self.texts(script)
            blocks.append(try await probe.read()[.blocks] ?? 0)
        }
        #expect(abs(blocks[3] - blocks[1]) < 10, "\(blocks)")
        withExtendedLifetime(script) {}
    }

    @Test(
        "Ruby: objects by the line that allocated them",
        .enabled(if: StartedProcess.has("ruby"), "ruby is not installed"))
    func allocations() async throws {
        let script = try await AgentScript(.ruby) { marks in
            let text = """
                class Session; end
                kept = []
                mark = -> { File.write(\(String(reflecting: marks)), ".", mode: "a") }
                trap("USR2") { 100.times { kept << Session.new }; mark.call }
                mark.call
                sleep
                """
            return ["ruby", "-e", text]
        }
        // From now on it traces.
        #expect(try await Self.texts(script) == ["\n"])
        try await script.act()
        let lines = try await Self.lines(script)
        let session = try #require(lines.first { $0[3] == "Session" }, "\(lines)")
        #expect(session[0] == "allocation" && session[1] == "100" && session[5] == "-e" && session[6] == "4")
        withExtendedLifetime(script) {}
    }

    @Test("of no process that an agent could be in, there are none")
    func none() async throws {
        #expect(
            try await AgentCauses(
                HeapSubject(
                    processes: [ProcessReader(pid: getpid())], url: HTTPLocation("http://127.0.0.1:1/"), isOwn: true))
                == nil)
    }
}
