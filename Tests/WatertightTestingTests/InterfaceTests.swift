import Sockets
import SystemCalls
import Testing
import WebSockets

@testable import WatertightTesting

extension LeakChecks {
    @Suite("expectNoLeaks, track and .leakFree", .serialized)
    struct InterfaceTests {
        /// In a process of its own, where nothing else can raise a suspicion, which takes more runs.
        @Test("expectNoLeaks passes on clean code, and runs it as often as it says")
        func clean() async {
            await #expect(processExitsWith: .success) {
                var count = 0
                try await expectNoLeaks(connections: 40) { count += 1 }
                #expect(count == 50)
            }
        }

        /// In a process of its own, where nothing but the leak can be an issue.
        @Test("expectNoLeaks records one issue with the evidence, at the line of its call")
        func leak() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let issues = Locked([Issue]())
                try await withKnownIssue {
                    try await expectNoLeaks(connections: 20, releaseLimit: .milliseconds(50)) {
                        planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    }
                } matching: { issue in
                    issues.withLock { $0.append(issue) }
                    return true
                }
                await planted.clear()
                let all = issues.withLock { $0 }.filter { $0.severity == .error }
                #expect(all.count == 1)
                let issue = try #require(all.first)
                #expect(issue.sourceLocation?.fileName == "InterfaceTests.swift")
                #expect(issue.comments.contains { $0.rawValue.contains(" × socket in LISTEN") }, "\(issue)")
            }
        }

        @Test("after a body that throws the next check has its turn")
        func turnAfterFailure() async throws {
            struct Broken: Error {}
            await #expect(throws: Broken.self) { try await expectNoLeaks { throw Broken() } }
            try await expectNoLeaks(connections: 10) {}
        }

        @Test("a check within a check does not wait for itself")
        func nested() async throws {
            let isNested = Locked(false)
            try await expectNoLeaks(connections: 10) {
                if isNested.withLock({ $0 }) { return }
                isNested.withLock { $0 = true }
                try await expectNoLeaks(connections: 10) {}
            }
        }

        @Test("two checks at a time wait for each other")
        func turns() async throws {
            let inside = Locked(0)
            let overlaps = Locked(0)
            try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await expectNoLeaks(connections: 10) {
                            inside.withLock { $0 += 1 }
                            await Task.yield()
                            if inside.withLock({ $0 }) > 1 { overlaps.withLock { $0 += 1 } }
                            inside.withLock { $0 -= 1 }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(overlaps.withLock { $0 } == 0)
        }

        @Test("tracking outside of a check is an issue")
        func trackedByNobody() {
            final class Session {}
            withKnownIssue {
                _ = track(Session())
            } matching: {
                $0.comments.contains { $0.rawValue.hasPrefix("track(_:) is called outside of a leak check") }
            }
        }

        @Test("an object that every run meets is one object")
        func shared() async throws {
            final class Pool: Sendable {}
            let pool = Pool()
            let found = try await result(runs: 20) { track(pool) }
            #expect(found.problem == nil)
        }

        /// More often where neighbours raise a suspicion.
        @Test("a test with the trait runs at least 25 times")
        func traitRuns() async throws {
            let test = try #require(Test.current)
            let runs = Locked(0)
            try await LeakFreeTrait(runs: 20, releaseLimit: .seconds(5)).provideScope(for: test, testCase: nil) {
                runs.withLock { $0 += 1 }
            }
            #expect(runs.withLock { $0 } >= 25)
        }

        @Test("the trait finds what each run of the test leaves behind")
        func traitFinds() async throws {
            let planted = Planted()
            let test = try #require(Test.current)
            let problems = Locked([String]())
            try await withKnownIssue {
                try await LeakFreeTrait(runs: 20, releaseLimit: .seconds(5)).provideScope(
                    for: test, testCase: nil
                ) {
                    planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                }
            } matching: { issue in
                problems.withLock { $0.append("\(issue)") }
                return true
            }
            await planted.clear()
            #expect(problems.withLock { $0 }.contains { $0.contains("socket in LISTEN") })
        }
    }

    @Suite("A suite with the trait holds each of its tests to it", .leakFree(runs: 10))
    struct LeakFreeSuiteTests {
        static let runs = Locked([Int: Int]())

        @Test func first() async throws {
            let server = try await WebSocketServer.start { _ in EchoHandler() }
            let client = try await WebSocketClient.connect(to: server.url)
            track(client)
            try await client.send("hello")
            #expect(await client.receive()?.text == "hello")
            await client.close()
            await server.shutdown()
        }

        @Test(arguments: [1, 2]) func second(argument: Int) {
            let ofOther = Self.runs.withLock { runs in
                runs[argument, default: 0] += 1
                return runs[3 - argument] ?? 0
            }
            // Each argument is a check of its own, and they wait for each other.
            #expect(ofOther == 0 || ofOther >= 12)
        }
    }
}
