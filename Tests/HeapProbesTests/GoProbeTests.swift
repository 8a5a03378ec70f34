import Glibc
import ProcessResources
import Remedies
import Sockets
import TestSupport
import Testing

@testable import HeapProbes

/// A process that answers on several ports in given ways, as a Go program may or another server.
private struct AnsweringProcess {
    private let process: StartedProcess
    let reader: ProcessReader
    /// Where it listens, in the order of the ways.
    let hosts: [String]

    /// What it does on each port, at an address of its own: 127.0.0.1, 127.0.0.2 and so on.
    private static let script = """
        import socket, sys, threading, time

        HEAP, GOROUTINES = sys.argv[1:3]

        def answer(way, path, peer):
            if way == "silent":
                time.sleep(600)
            if way == "slow":
                time.sleep(0.3)
            page = {"/debug/pprof/heap?gc=1&debug=1": HEAP, "/debug/pprof/goroutine?debug=1": GOROUTINES}.get(path)
            if way == "heap" and page is GOROUTINES:
                page = None
            status = {"401": "401 Unauthorized", "redirect": "302 Found\\r\\nLocation: /debug/pprof/"}.get(way, "200 OK")
            if way == "anything":
                page = "goroutine profiles and a heap profile: all is well\\n"
            elif way == "likeness":
                page = "goroutine profile: total of all\\n"
            elif way == "404" or not page:
                status, page = "404 Not Found", "404 page not found\\n"
            peer.sendall(f"HTTP/1.0 {status}\\r\\n\\r\\n".encode())
            while way == "endless":
                peer.sendall(b"x" * 65536)
            peer.sendall(page.encode())

        def talk(way, peer):
            with peer:
                try:
                    answer(way, peer.recv(4096).decode().split(" ")[1], peer)
                except OSError:
                    pass

        def serve(way, listener):
            while True:
                threading.Thread(target=talk, args=(way, listener.accept()[0]), daemon=True).start()

        for index, way in enumerate(sys.argv[3:]):
            listener = socket.create_server((f"127.0.0.{index + 1}", 0))
            threading.Thread(target=serve, args=(way, listener)).start()
        """

    init(_ ways: String...) async throws {
        process = try StartedProcess(
            ["python3", "-c", Self.script, GoPagesTests.heap, GoPagesTests.goroutines] + ways)
        reader = try await process.reader { try $0.heldListeners().count == ways.count }
        let listeners = try reader.heldListeners()
        hosts = try ways.indices.map { index in
            let listener = try #require(listeners.first { $0.localHost == "127.0.0.\(index + 1)" })
            return "\(listener.local)"
        }
    }

    func url(_ path: String = "/", port index: Int = 0) throws -> HTTPLocation {
        try HTTPLocation("http://\(hosts[index])\(path)")
    }

    var subject: HeapSubject {
        get throws { HeapSubject(processes: [reader], url: try url(), isOwn: true) }
    }
}

@Suite("Go's heap and goroutines", .serialized, .timed)
struct GoProbeTests {
    /// Three seconds, and a machine that does much else; a silent port would take ten minutes.
    private static let searchLimit = Duration.seconds(300)

    @Test("the port under check is asked first")
    func ownPort() async throws {
        let target = try await AnsweringProcess("pprof", "pprof")
        for index in [0, 1] {
            let pages = try await GoPages.found(among: [target.reader], target.url(port: index))
            #expect("\(pages)" == "http://\(target.hosts[index])/debug/pprof/")
            let probe = try await GoProbe(pages)
            #expect(probe.gauges == [.liveBytes, .goroutines] && probe.remark == nil)
            #expect(try await probe.read() == [.liveBytes: 183_184, .goroutines: 13])
            #expect(probe.source == "net/http/pprof at \(pages), after a collection")
        }
    }

    @Test(
        "another port is found, whatever the one under check answers",
        arguments: ["anything", "likeness", "silent", "endless", "redirect", "401", "404"])
    func otherPort(way: String) async throws {
        let target = try await AnsweringProcess(way, way, "pprof")
        let began = ContinuousClock.now
        let pages = try await GoPages.found(among: [target.reader], target.url())
        #expect("\(pages)" == "http://\(target.hosts[2])/debug/pprof/")
        #expect(began.duration(to: .now) < Self.searchLimit)
    }

    @Test("a program that answers late, as on a busy machine, is found")
    func slow() async throws {
        let target = try await AnsweringProcess("slow")
        #expect(
            "\(try await GoPages.found(among: [target.reader], target.url()))"
                == "http://\(target.hosts[0])/debug/pprof/")
    }

    @Test(
        "where none answers as pprof does, soon, that is said with what to do",
        arguments: ["anything", "likeness", "silent", "endless", "redirect", "401", "404"])
    func none(way: String) async throws {
        let target = try await AnsweringProcess(way, way)
        let began = ContinuousClock.now
        let failure = await #expect(throws: HeapProbeFailure.self) {
            try await GoPages.found(among: [target.reader], target.url())
        }
        let words = failure?.description ?? ""
        #expect(
            failure?.problem.remedies == [
                .outside("import _ \"net/http/pprof\" and serve it on a loopback port"), .nameGoPage, .goWithoutHeap,
            ])
        #expect(words.contains("process \(target.reader.pid)") && words.contains("on its ports ("), "\(words)")
        #expect(began.duration(to: .now) < Self.searchLimit)
    }

    @Test("one that listens nowhere, and two that do")
    func listeners() async throws {
        let (idle, reader) = try await StartedProcess.idle()
        defer { withExtendedLifetime(idle) {} }
        let first = try await AnsweringProcess("pprof")
        let second = try await AnsweringProcess("pprof")
        for (processes, words) in [
            ([reader], "as it listens on no port"),
            ([first.reader, second.reader], "\(first.reader.pid), \(second.reader.pid) are Go programs"),
        ] {
            let failure = await #expect(throws: HeapProbeFailure.self) {
                try await GoPages.found(among: processes, first.url())
            }
            #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
        }
        #expect(try await GoPages.found(among: [reader, first.reader], first.url()) == GoPages(first.url()))
    }

    @Test("a page that the user names, of any process", arguments: ["/", "/debug/pprof/", "/debug/pprof/heap?gc=0"])
    func named(path: String) async throws {
        let target = try await AnsweringProcess("anything", "pprof")
        let probe = try #require(try await target.subject.open(.go(target.url(path, port: 1))))
        #expect(try await probe.read() == [.liveBytes: 183_184, .goroutines: 13])
    }

    @Test("without the page of goroutines the heap is read all the same, and a remark says so")
    func heapOnly() async throws {
        let target = try await AnsweringProcess("heap")
        let probe = try #require(try await target.subject.open(.go(target.url("/debug/pprof/heap"))))
        #expect(probe.gauges == [.liveBytes])
        #expect(try await probe.read() == [.liveBytes: 183_184])
        #expect(
            probe.remark?.description.hasPrefix("goroutines are not counted, as their page must lie beside") == true)
        #expect(probe.remark?.description.contains("404 Not Found") == true)
    }

    @Test(
        "a page that is none is refused",
        arguments: [
            ("anything", "is no heap profile of a Go program"), ("404", "404 Not Found"), ("401", "401 Unauthorized"),
            ("redirect", "302 Found"), ("endless", "more than 32 MiB"),
        ])
    func refused(way: String, words: String) async throws {
        let target = try await AnsweringProcess(way)
        let failure = await #expect(throws: HeapProbeFailure.self) {
            try await target.subject.open(.go(target.url()))
        }
        #expect(failure?.description.contains(words) == true, "\(failure?.description ?? "")")
    }

    @Test("nobody there, and nobody who answers")
    func absent() async throws {
        let nobody = try GoPages(HTTPLocation("http://127.0.0.1:\(FreePort.onLoopback())/"))
        let refused = await #expect(throws: HeapProbeFailure.self) { try await GoProbe(nobody) }
        #expect(refused?.description.contains("cannot be read") == true, "\(refused?.description ?? "")")
        let target = try await AnsweringProcess("silent")
        let silent = await #expect(throws: HeapProbeFailure.self) {
            try await GoPages(target.url()).goroutineCount(within: .milliseconds(200))
        }
        #expect(silent?.description.contains("in time") == true)
    }

    @Test("a process that is no Go program is not searched, unless it is named")
    func other() async throws {
        let target = try await AnsweringProcess("pprof")
        let failure = await #expect(throws: HeapProbeFailure.self) { try await target.subject.open(.go(nil)) }
        #expect(failure?.description.contains("whose runtime is python") == true, "\(failure?.description ?? "")")
    }
}
