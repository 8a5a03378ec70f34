import Foundation
import Glibc
import ProcessResources
import Remedies
import Sockets
import SystemCalls
import TestSupport
import Testing

@testable import HeapProbes

/// Probes of processes that are what they claim to be.
@Suite("Live probes", .serialized, .timed)
struct LiveProbeTests {
    private func subject(_ process: ProcessReader, isOwn: Bool = true, port: UInt16 = 1) throws -> HeapSubject {
        HeapSubject(processes: [process], url: try HTTPLocation("http://127.0.0.1:\(port)/"), isOwn: isOwn)
    }

    // MARK: Node

    /// Keeps a megabyte in buffers and another in objects for each request, and makes much more garbage.
    private static let server = """
        const kept = [];
        require('http').createServer((request, response) => {
          for (let round = 0; round < 20; round++) Array.from({ length: 20000 }, (_, i) => ({ i }));
          kept.push(Buffer.alloc(1 << 20, 1), Array.from({ length: 1 << 17 }, (_, i) => i));
          response.end();
        }).listen(0, '127.0.0.1');
        """

    private func node() throws -> StartedProcess {
        try StartedProcess(["node", "-e", Self.server], environment: HeapSpecification.node.environment)
    }

    private func listens(_ reader: ProcessReader) throws -> Bool { try !reader.heldListeners().isEmpty }

    @Test("Node's heap is read without its garbage", .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func inspector() async throws {
        let process = try node()
        let reader = try await process.reader(when: listens)
        let port = try #require(try reader.heldListeners().first).local.port
        let probe = try #require(try await subject(reader, port: port).open(.automatic))
        #expect(probe.gauges == [.liveBytes])
        let page = try HTTPLocation("http://127.0.0.1:\(port)/")
        // The first request loads parts of Node, and may leave it a descriptor of its own.
        _ = try await HTTPFetch.body(at: page)
        _ = try await probe.level()
        let descriptors = try reader.descriptorCount()
        let before = try await probe.level()
        _ = try await HTTPFetch.body(at: page)
        let grown = try await probe.level() - before
        #expect(grown > 2_000_000 && grown < 2_600_000, "\(grown)")
        let again = try await probe.level() - before - grown
        #expect(abs(again) < 200_000, "\(again)")
        // Node closes the connection of a request in a turn of its own, which a reading need not be after.
        let isFlat = try await eventually { try reader.descriptorCount() <= descriptors }
        #expect(isFlat, "readings cost the target descriptors")
        await probe.close()
    }

    @Test(
        "two processes of Node at a time do not collide",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func twoInspectors() async throws {
        let processes = [try node(), try node()]
        for process in processes {
            let reader = try await process.reader(when: listens)
            let port = try #require(try reader.heldListeners().first).local.port
            let probe = try #require(try await subject(reader, port: port).open(.node))
            #expect(try await probe.level() > 1_000_000)
            await probe.close()
        }
    }

    /// A primary with one worker, which ends when it is sent SIGUSR2 and is replaced.
    private static let cluster = """
        const cluster = require('cluster');
        if (cluster.isPrimary) {
          cluster.fork();
          cluster.on('exit', () => cluster.fork());
        } else {
          require('http').createServer((request, response) => response.end()).listen(0, '127.0.0.1');
          process.on('SIGUSR2', () => process.exit(0));
        }
        """

    /// Waits for a descendant of `reader` for which `condition` holds.
    private func worker(
        of reader: ProcessReader, when condition: (ProcessReader) throws -> Bool
    ) async throws -> ProcessReader {
        let limit = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < limit {
            for pid in (try? reader.descendants()) ?? [] {
                if let worker = try? ProcessReader(pid: pid), (try? condition(worker)) == true { return worker }
            }
            await Task.yield()
        }
        throw TooLate(description: "waited for a worker")
    }

    @Test(
        "a worker may exit between readings, and the one in its place is read",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func workers() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "cluster\(getpid()).js")
        try Data(Self.cluster.utf8).write(to: directory)
        defer { try? FileManager.default.removeItem(at: directory) }
        let process = try StartedProcess(
            ["node", directory.path(percentEncoded: false)], environment: HeapSpecification.node.environment)
        let primary = try await process.reader { try !$0.descendants().isEmpty }
        let isReady = { (reader: ProcessReader) in try reader.catches(signal: SIGUSR2) }
        let first = try await worker(of: primary, when: isReady)
        let probe = try await InspectorProbe([primary, first], servingPort: 1)
        let two = try await probe.level()
        kill(first.pid, SIGUSR2)
        let second = try await worker(of: primary) { try $0.pid != first.pid && isReady($0) }
        #expect(!first.isAlive)
        let again = try await probe.level()
        #expect(second.isAlive && abs(again - two) < two / 4, "\(two) \(again)")
        await probe.close()
    }

    @Test(
        "a process that has only just started is waited for, and not taken for one that has its inspector turned off",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func starting() async throws {
        let process = try node()
        let reader = try await process.reader { _ in true }
        let probe = try await InspectorProbe([reader], servingPort: 1)
        #expect(try await probe.level() > 1_000_000)
        await probe.close()
    }

    @Test(
        "a foreign process is sent no signal unless it is asked for",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func foreign() async throws {
        let process = try node()
        let reader = try await process.reader(when: listens)
        #expect(try await subject(reader, isOwn: false).open(.automatic) == nil)
        #expect(try reader.heldListeners().count == 1)
    }

    @Test(
        "a probe whose process ends fails, and does not wait for ever",
        .enabled(if: StartedProcess.has("node"), "node is not installed"))
    func lost() async throws {
        let process = try node()
        let reader = try await process.reader(when: listens)
        let port = try #require(try reader.heldListeners().first).local.port
        let probe = try #require(try await subject(reader, port: port).open(.node))
        kill(process.pid, SIGKILL)
        await #expect(throws: HeapProbeFailure.self) { try await probe.read() }
        await probe.close()
    }

    @Test("a process that is something else is refused, and lives on")
    func notNode() async throws {
        let (process, reader) = try await StartedProcess.idle()
        defer { withExtendedLifetime(process) {} }
        // By itself it is a native program that should have been started with our library.
        for specification in [HeapSpecification.node, .jvm, .automatic] {
            let failure = await #expect(throws: HeapProbeFailure.self) {
                try await subject(reader).open(specification)
            }
            #expect(failure?.problem.remedies.contains(.goWithoutHeap) == true)
        }
        #expect(try await subject(reader, isOwn: false).open(.automatic) == nil)
        #expect(reader.isAlive)
    }

    // MARK: The JVM and glibc

    @Test("a JVM's heap is read", .enabled(if: StartedProcess.has("jcmd"), "no JDK is installed"))
    func histogram() async throws {
        let source = FileManager.default.temporaryDirectory.appending(path: "Kept\(getpid()).java")
        let code = """
            class Kept {
              static byte[] kept = new byte[16 << 20];
              public static void main(String[] words) throws Exception {
                new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress()).accept();
              }
            }
            """
        try Data(code.utf8).write(to: source)
        defer { try? FileManager.default.removeItem(at: source) }
        let process = try StartedProcess(["java", "-Xmx128m", source.path(percentEncoded: false)])
        let reader = try await process.reader(when: listens)
        let probe = try #require(try await subject(reader, isOwn: false).open(.automatic))
        let bytes = try await probe.level()
        #expect(bytes > Double(16 << 20) && bytes < Double(40 << 20), "\(bytes)")
    }

    @Test("the heap of a process on glibc is read, and the process lives on")
    func allocator() async throws {
        let (process, reader) = try await StartedProcess.idle()
        defer { withExtendedLifetime(process) {} }
        let probe = try #require(try await subject(reader).open(.glibc))
        let descriptors = try reader.descriptorCount()
        let bytes = try await probe.level()
        let most = Double(try reader.memory().privateBytes + 65_536)
        #expect(bytes > 0 && bytes < most, "\(bytes)")
        #expect(try await probe.level() == bytes, "it does nothing, and the reading is exact")
        #expect(try reader.descriptorCount() == descriptors)
        #expect(reader.isAlive)
    }

    @Test("a process that has ended is an error, not a heap of nothing")
    func ended() async throws {
        let failure = await #expect(throws: HeapProbeFailure.self) {
            let (process, reader) = try await StartedProcess.idle()
            let probe = try await subject(reader).open(.glibc)
            kill(process.pid, SIGKILL)
            while reader.isAlive { try await Task.sleep(for: .milliseconds(2)) }
            _ = try await probe?.read()
        }
        #expect(failure?.description.contains("process") == true)
    }

    // MARK: Commands and pages

    @Test("a command is told the process, and its number is read")
    func command() async throws {
        let (process, reader) = try await StartedProcess.idle()
        let probe = try #require(
            try await subject(reader).open(.command("echo \"{\\\"a\\\": $WATERTIGHT_PID, \\\"b\\\": 2}\"", key: "a")))
        #expect(probe.gauges == [.count("a")])
        #expect(try await probe.read() == [.count("a"): Double(process.pid)])
    }

    @Test(
        "a command that fails says how",
        arguments: [
            ("echo no coffee >&2; exit 3", "has exited with code 3: no coffee"),
            ("kill -9 $$", "was ended by signal 9 (SIGKILL)"),
            ("yes", "more than 1 MiB"), ("echo none", "no number"),
        ])
    func failingCommand(command: String, words: String) async throws {
        let own = try ProcessReader(pid: getpid())
        let probe = try #require(try await subject(own).open(.command(command, key: nil)))
        let failure = await #expect(throws: HeapProbeFailure.self) { try await probe.read() }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test("a page is read; one that is not there, or says nothing, is an error")
    func pages() async throws {
        let server = try PageServer()
        let page = try HTTPLocation("http://127.0.0.1:\(server.port)/")
        #expect(
            try await server.answering("HTTP/1.1 200 OK\r\n\r\n77") { try await HTTPFetch.body(at: page) } == [55, 55])
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n771"
        #expect(try await server.answering(long) { try await HTTPFetch.body(at: page) } == [55, 55])
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n7\r\n1\r\n7\r\n0\r\n\r\n"
        #expect(try await server.answering(chunks) { try await HTTPFetch.body(at: page) } == [55, 55])
        for (answer, words) in [
            ("HTTP/1.1 404 Not Found\r\n\r\n", "404 Not Found"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n77", "early"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n77\r\n", "early"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n77", "early"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n77", "gzip"),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n77", "Content-Length -1"), ("", "early"),
            ("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 1 << 21), "more than 1 MiB"),
        ] {
            let failure = await #expect(throws: HeapProbeFailure.self) {
                _ = try await server.answering(answer) { try await HTTPFetch.body(at: page) }
            }
            #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
        }
        // Nobody accepts this one.
        let silent = await #expect(throws: HeapProbeFailure.self) {
            try await HTTPFetch.body(at: page, within: .milliseconds(200))
        }
        #expect(silent?.description.contains("in time") == true)
    }
}

extension HeapProbe {
    /// The reading of a probe that has one gauge.
    fileprivate func level() async throws -> Double { try #require(try await read()[gauges[0]]) }
}
