import Glibc
import ProcessResources
import SystemCalls
import TestSupport
import Testing

@testable import WatertightTesting

@Suite("What leaks is told with its line, by another run of the test", .serialized, .timed)
struct ReplayTests {
    @Test("blocks, by the function that allocated them and its caller, also one that awaits")
    func blocks() async {
        await #expect(processExitsWith: .success) {
            let store = Store()
            let text = try await issue(releaseLimit: .seconds(7)) {
                for _ in 0..<2 { store.receive() }
                await Task.yield()
                await store.receiveLater()
            }
            let allocated = "1000 B block \\((\\d+) B\\) allocated at \\S*Store\\.remember Store\\.swift:\\d+"
            for caller in [
                "2\\.00 \(allocated) < \\S*Store\\.receive ", "1\\.00 \(allocated) < \\S*Store\\.receiveLater ",
            ] {
                #expect(try text.contains(Regex("\\n  \\+\(caller)Store\\.swift:\\d+")), "\(text)")
            }
            #expect(text.contains(#/together (9\d|100)% of the leak/#), "\(text)")
        }
    }

    @Test("descriptors, by the function that opened them: a socket, and a device")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let store = Store()
            let text = try await issue {
                store.openDevice()
                store.listen()
            }
            let (device, socket) = (
                #/\+1\.00 device /dev/null opened at \S*Store\.openDevice Store\.swift:\d+/#,
                #/\+1\.00 TCP socket, LISTEN opened at \S*Store\.listen Store\.swift:\d+/#
            )
            #expect(text.contains(device) && text.contains(socket), "\(text)")
        }
    }

    @Test("threads, by the function that started them")
    func threads() async {
        await #expect(processExitsWith: .success) {
            let store = Store()
            let text = try await issue { try store.startThread() }
            let line = #/\+1\.00 thread forgotten .*created by .*Store\.startThread Store\.swift:\d+/#
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test("in a process that runs other tests as well, the right one of several checks of a test")
    func several() async throws {
        let store = Store()
        try await expectNoLeaks(connections: 10) {}
        var texts: [String] = []
        for isLater in [false, true] {
            texts.append(try await issue { if isLater { store.openDevice() } else { store.listen() } })
        }
        #expect(texts[0].contains("opened at WatertightTestingTests.Store.listen"), "\(texts)")
        #expect(texts[1].contains("opened at WatertightTestingTests.Store.openDevice"), "\(texts)")
    }

    @Test("the case of a test that leaks, and not another", arguments: [0, 1, 2])
    func parameterised(opened: Int) async throws {
        let store = Store()
        guard opened > 0 else { return try await expectNoLeaks(connections: 10) { store.close() } }
        let text = try await issue { for _ in 0..<opened { store.openDevice() } }
        #expect(text.contains("+\(opened).00 device /dev/null opened at"), "\(text)")
    }

    @Test("a healthy body is not run again")
    func healthy() async {
        await #expect(processExitsWith: .success) {
            let calls = try Calls()
            try await expectNoLeaks(connections: 10) { calls.note() }
            #expect(calls.processes == [getpid()])
        }
    }

    @Test("one that is told to go without is not run again, and its leak is an issue all the same")
    func never() async {
        await #expect(processExitsWith: .success) {
            setenv("WATERTIGHT_EXPLAIN", "never", 1)
            let (store, calls) = (Store(), try Calls())
            let text = try await issue {
                store.openDevice()
                calls.note()
            }
            #expect(calls.processes == [getpid()])
            #expect(text.contains("descriptors: 1.00 for each run") && !text.contains("cause"), "\(text)")
        }
    }

    @Test("neither a process nor a descriptor of it is left")
    func nothingLeft() async {
        await #expect(processExitsWith: .success) {
            let (store, calls) = (Store(), try Calls())
            func explained() async throws {
                let text = try await issue {
                    store.openDevice()
                    calls.note()
                }
                #expect(text.contains("opened at WatertightTestingTests.Store.openDevice"), "\(text)")
                store.close()
            }
            let reader = try ProcessReader(pid: getpid())
            /// What descriptors there are once the thread of the last check has ended.
            func descriptors() async throws -> [String] {
                try #require(
                    await eventually { try reader.threadList().allSatisfy { !$0.name.hasPrefix("leak") } })
                // Those of the runtime's own timers come and go.
                return try reader.openDescriptors().filter { $0.kind != .timerfd }.map(\.target).sorted()
            }
            // The library for all replays is made once.
            try await explained()
            let before = try await descriptors()
            try await explained()
            let after = try await descriptors()
            #expect(after == before, "\(before) became \(after)")
            #expect(try reader.children() == [], "children")
            let others = calls.processes.subtracting([getpid()])
            #expect(others.count == 2 && others.allSatisfy { kill($0, 0) == -1 && errno == ESRCH }, "\(others)")
        }
    }

    @Test("why there is no cause: the process that ran it again ended")
    func ended() async {
        await #expect(processExitsWith: .success) {
            let store = Store()
            let text = try await issue {
                store.openDevice()
                if ReplayOrder.own != nil { _exit(3) }
            }
            let reason = "the process that ran the test again has exited with code 3 before it was done"
            #expect(text.contains("the cause could not be looked for: \(reason)"), "\(text)")
            #expect(text.contains("descriptors: 1.00 for each run"), "\(text)")
        }
    }

    @Test("why there is no cause: the body failed when it was run again")
    func failed() async {
        struct Broken: Error {}
        await #expect(processExitsWith: .success) {
            let store = Store()
            let text = try await issue {
                store.openDevice()
                if ReplayOrder.own != nil { throw Broken() }
            }
            #expect(text.contains("the body failed when it was run again: Broken()"), "\(text)")
            #expect(text.contains("descriptors: 1.00 for each run"), "\(text)")
        }
    }

    @Test("outside of a test nothing can be run again")
    func outside() async throws {
        let store = Store()
        let text = try await Task.detached { try await issue { store.openDevice() } }.value
        #expect(text.contains("the cause could not be looked for: no test of swift-testing runs here"), "\(text)")
    }
}

/// The text of the issue that a check of `body` records.
///
/// For memory `releaseLimit` must be long enough for idle threads to end.
private func issue(
    releaseLimit: Duration = .milliseconds(300), _ body: () async throws -> Void
) async throws -> String {
    let texts = Locked([String]())
    try await withKnownIssue {
        try await expectNoLeaks(connections: 40, releaseLimit: releaseLimit, body)
    } matching: { issue in
        if issue.severity == .error { texts.withLock { $0 += issue.comments.map(\.rawValue) } }
        return true
    }
    let all = texts.withLock { $0 }
    #expect(all.count == 1)
    return all.first ?? ""
}

/// Which processes have called something: this one, and those that run its test again.
private final class Calls: Sendable {
    private static let count = Locked(0)
    /// The same in each of them.
    private let path: String

    init() throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        path = "/tmp/watertight-calls-\(ReplayOrder.own?.process ?? getpid())-\(number)"
        Glibc.close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    }

    deinit { unlink(path) }

    func note() {
        let number = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        let text = "\(getpid())\n"
        write(number, text, text.utf8.count)
        close(number)
    }

    var processes: Set<Int32> {
        let bytes = (try? FileContents.bytes(of: path, atMost: 1 << 20)) ?? []
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) })
    }
}
