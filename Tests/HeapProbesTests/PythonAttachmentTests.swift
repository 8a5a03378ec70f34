import Foundation
import Glibc
import ProcessResources
import Remedies
import Subprocesses
import SystemCalls
import TestSupport
import Testing

@testable import HeapProbes

@Suite("What gdb is told, and what it says")
struct PythonAttachmentTests {
    private let attachment = PythonAttachment(7, executing: "/tmp/a \"b\"\\ü/agent.py", token: "t1", stays: 1000)

    @Test("the file is named by digits, so that nothing in a name is read as code")
    func command() throws {
        #expect(attachment.command.starts(with: ["gdb", "-nx", "-batch"]))
        #expect(attachment.code.contains("'2f746d702f612022622" + "25cc3bc2f6167656e742e7079'"))
        let placed = try #require(attachment.command.first { $0.hasPrefix("set {char[") })
        #expect(placed.hasPrefix("set {char[\(attachment.code.utf8.count + 1)]} $page = \"try:\\n p = bytes"))
        #expect(placed.count { $0 == "\"" } == 2 && !placed.contains("\n"))
    }

    @Test(
        "the code is Python, and raises nothing where there is no such file",
        .enabled(if: StartedProcess.has("python3")))
    func code() async throws {
        let result = try await Subprocess.run(["python3", "-c", attachment.code], within: .seconds(60))
        #expect(result.status.exitCode == 0 && result.output + result.errors == [], "\(result.outputTail)")
    }

    @Test(
        "why a process did not take it",
        arguments: [
            ("watertight-added 0\n", "", nil),
            ("watertight-added -1\n", "", "it has too many calls pending already"),
            ("", "ptrace: Operation not permitted.", "this user may not trace it"),
            (
                "", "warning: process 7 is already traced by process 9\nptrace: Operation not permitted.",
                "another debugger holds it"
            ),
            ("", "ptrace: No such process.", "it has ended"),
            (
                "watertight-added Value can't be converted to integer.\n",
                "No symbol \"Py_AddPendingCall\" in current context.",
                "gdb finds no function of CPython in it, as its symbols are stripped"
            ),
            ("odd\n\u{1B}[31m", "", "gdb says \"odd; \\u{1b}[31m\""),
        ] as [(String, String, String?)])
    func failures(output: String, errors: String, reason: String?) {
        #expect(attachment.failure(output + errors) == reason)
    }
}

/// A CPython that runs without an agent, and answers HTTP.
private struct LateServer {
    let process: StartedProcess
    let subject: HeapSubject
    private let page: URL

    /// Runs `preparation`, then does `code` before each answer.
    init(_ preparation: String = "", _ code: String = "pass", through command: [String] = []) async throws {
        let text = """
            import os, socket, sys, threading
            kept = []
            \(preparation)
            listener = socket.create_server(("127.0.0.1", 0))
            while True:
                connection, _ = listener.accept()
                if connection.recv(1000):
                    \(code)
                    connection.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n")
                connection.close()
            """
        process = try StartedProcess(command + ["python3", "-I", "-c", text])
        let reader = try await process.reader { try !$0.heldListeners().isEmpty }
        let port = try #require(try reader.heldListeners().first).local.port
        let url = "http://127.0.0.1:\(port)/"
        subject = HeapSubject(processes: [reader], url: try HTTPLocation(url), isOwn: false)
        page = try #require(URL(string: url))
    }

    var reader: ProcessReader { subject.processes[0] }

    /// Has it answer once.
    func act() throws { _ = try Data(contentsOf: page) }

    /// What it has open, and how many threads.
    func held() throws -> [Int] { [try reader.descriptorCount(), try reader.threads()] }
}

@Suite(
    "The agent in a CPython that runs", .serialized, .timeLimit(.minutes(10)),
    .enabled(if: StartedProcess.has("python3") && StartedProcess.has("gdb"), "python3 or gdb is not installed"))
struct LatePythonTests {
    @Test("it counts to the block, also where no agent is imported, and the process is left as it was")
    func counts() async throws {
        let server = try await LateServer("", "kept.append([bytearray(50_000) for _ in range(1000)])")
        let before = try server.held()
        #expect(try await server.subject.open(.automatic) == nil, "nobody has asked for it")
        let probe = try #require(try await server.subject.open(.python))
        #expect(probe.source == "an agent in CPython that gdb has it take, after a collection")
        #expect(probe.gauges == [.liveBytes, .blocks])
        try server.act()
        let first = try await probe.read()
        try server.act()
        let second = try await probe.read()
        #expect((2000...2010).contains((second[.blocks] ?? 0) - (first[.blocks] ?? 0)), "\(first) \(second)")
        #expect((50_000_000...51_000_000).contains((second[.liveBytes] ?? 0) - (first[.liveBytes] ?? 0)))
        #expect(try server.held() != before)
        await probe.close()
        #expect(try await eventually { try server.held() == before })
        // A second check of the same process.
        let again = try #require(try await server.subject.open(.python))
        #expect(try await again.read()[.blocks] ?? 0 > 1000)
        await again.close()
        #expect(try await eventually { try server.held() == before })
    }

    @Test("a worker that is forked has an agent, and both are left as they were")
    func workers() async throws {
        let fork = """
            if os.fork() == 0:
                        kept.append([object() for _ in range(5000)])
            """
        let server = try await LateServer("", fork)
        let before = try server.held()
        let probe = try #require(try await server.subject.open(.python))
        let alone = try await probe.read()
        try server.act()
        let worker = try await eventually("the worker") { (try? server.reader.descendants())?.first }
        let child = try ProcessReader(pid: worker)
        #expect(
            try await eventually {
                try await probe.read()[.blocks] ?? 0 > (alone[.blocks] ?? 0) + 10_000
            })
        await probe.close()
        #expect(try await eventually { try child.threads() == 1 && server.reader.threads() == 1 })
        #expect(try server.held()[1] == before[1])
    }

    @Test("functions of C modules that a library has replaced are found with that library")
    func patched() async throws {
        let preparation = """
            import _thread, types
            saved = {name: getattr(_thread, name) for name in ("start_new_thread", "allocate_lock", "get_ident")}
            class Monkey(types.ModuleType):
                def get_original(self, module, name): return saved[name]
            sys.modules["gevent.monkey"] = Monkey("gevent.monkey")
            def start(*_): raise RuntimeError("a greenlet")
            _thread.start_new_thread = start
            # Whoever imports takes these two.
            _thread.allocate_lock = lambda: saved["allocate_lock"]()
            _thread.get_ident = lambda: saved["get_ident"]()
            """
        let server = try await LateServer(preparation)
        let probe = try #require(try await server.subject.open(.python))
        #expect(try await probe.read()[.blocks] ?? 0 > 1000)
        await probe.close()
    }

    @Test("causes are named in it, and it is left as it was")
    func causes() async throws {
        let server = try await LateServer("class Session: pass", "kept.extend(Session() for _ in range(200))")
        let before = try server.held()
        let agents = try #require(try await AgentCauses(server.subject))
        try server.act()
        let texts = try await agents.texts()
        #expect(texts.count == 1 && texts[0].contains("Session"))
        await agents.close()
        #expect(try await eventually { try server.held() == before })
    }

    @Test("an agent that nobody asks leaves by itself")
    func forgotten() async throws {
        let server = try await LateServer()
        let before = try server.held()
        let agent = try Agent.own.get()
        _ = try await agent.attach(to: [server.reader], waking: server.subject.url, stays: 2000)
        #expect(try await eventually { try server.held() == before && !agent.isThere(server.reader) })
    }

    @Test("a first thread that runs no Python is said so, and one that a debugger holds")
    func asleep() async throws {
        let process = try StartedProcess(["python3", "-I", "-c", "import time; time.sleep(600)"])
        let reader = try await process.reader(when: StartedProcess.isIdle)
        let agent = try Agent.own.get()
        await #expect {
            _ = try await agent.attach(
                to: [reader], waking: HTTPLocation("http://127.0.0.1:1/"), within: .milliseconds(200))
        } throws: {
            "\($0)".contains("its first thread has not run any Python since, though connections came")
        }
        let hold = try ProcessHold(reader)
        await #expect {
            _ = try await agent.attach(to: [reader], waking: HTTPLocation("http://127.0.0.1:1/"))
        } throws: {
            ($0 as? HeapProbeFailure)?.problem.remedies == [.giveCommand, .readFromOutside]
                && "\($0)".contains("another debugger holds it")
        }
        hold.release()
        #expect(reader.isAlive)
    }

    @Test(
        "one with a network of its own is said so",
        .enabled("needs the right to make a namespace") {
            (try? await Subprocess.run(["unshare", "--net", "true"], within: .seconds(60)))?.status.exitCode == 0
        })
    func container() async throws {
        let server = try await LateServer("", "pass", through: ["unshare", "--net"])
        await #expect {
            _ = try await server.subject.open(.python)
        } throws: {
            "\($0)".contains("it has a file system or a network of its own, as in a container: run the check in there")
        }
    }
}
