import Glibc
import Sockets
import SystemCalls
import Testing
import WebSockets

@testable import WatertightTesting

/// What a check of `body` comes to.
func result(
    runs: Int = 100, releaseLimit: Duration = .milliseconds(100), _ body: () async throws -> Void
) async throws -> LeakResult {
    try await LeakCheckTurn.waited(as: .check, at: #_sourceLocation) { _ in
        try await LeakSearch(runs: runs, releaseLimit: releaseLimit).result(body)
    }
}

extension LeakChecks {
    @Suite("What is planted is found, and nothing else", .serialized)
    struct PlantedLeakTests {
        @Test("a socket whose peer has closed, with its peer and its state")
        func closeWait() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
                let address = try listener.localAddress()
                let found = try await result {
                    let client = try OwnedDescriptor.connecting(to: address)
                    var accepted: OwnedDescriptor?
                    while accepted == nil { accepted = try listener.accept() }
                    try client.close()
                    planted.keep(accepted.take()!)
                }
                let finding = try #require(found.findings.first)
                #expect(finding.resource == .descriptors)
                #expect(finding.interval.contains(1))
                let left = try #require(finding.leftOvers.first)
                #expect(left.sort == "socket in CLOSE_WAIT")
                #expect(left.count == 290)
                #expect(left.examples.allSatisfy { $0.hasPrefix("\(address) to 127.0.0.1:") }, "\(left)")
                #expect(left.examples.count == 3)
                let text = try #require(found.problem)
                #expect(
                    text.hasPrefix(
                        "each run leaves something behind\n  descriptors: 1.00 for each run, 99% interval 1.00 to 1.00\n    290 × "
                            + "socket in CLOSE_WAIT, such as \(address) to 127.0.0.1:"), "\(text)")
                await planted.clear()
                try listener.close()
            }
        }

        @Test("a thread, by its name")
        func thread() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let found = try await result(runs: 20) { try planted.leakThread(named: "forgotten") }
                let finding = try #require(found.findings.first { $0.resource == .threads })
                #expect(finding.interval.contains(1))
                #expect(finding.leftOvers.map(\.sort) == ["thread \"forgotten\""])
                #expect(!found.findings.contains { $0.resource == .descriptors || $0.resource == .objects })
                await planted.clear()
            }
        }

        @Test("an object that is kept alive, by its type")
        func object() async {
            await #expect(processExitsWith: .success) {
                final class Session: Sendable {}
                let planted = Planted()
                let found = try await result(runs: 20) {
                    track(Session())
                    planted.keep(track(Session()))
                }
                let finding = try #require(found.findings.first { $0.resource == .objects })
                #expect(finding.interval == 1...1)
                #expect(finding.leftOvers.map(\.sort) == ["Session alive"])
                #expect(
                    "\(finding)".hasPrefix(
                        "objects: 1.00 for each run, 99% interval 1.00 to 1.00\n    115 × Session alive")
                )
                await planted.clear()
            }
        }

        @Test("a descriptor in every second run")
        func halfADescriptor() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                var count = 0
                let found = try await result {
                    count += 1
                    if count % 2 == 0 { planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0))) }
                }
                let finding = try #require(found.findings.first)
                #expect(finding.interval.contains(0.5))
                #expect(finding.leftOvers.map(\.sort) == ["socket in LISTEN"])
                await planted.clear()
            }
        }

        @Test("64 bytes of each run, in a process of its own")
        func bytes() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                // Long enough for the threads of the pool to end.
                let found = try await result(releaseLimit: .seconds(7)) { planted.leakBytes(64) }
                let finding = try #require(found.findings.first)
                #expect(found.findings.count == 1)
                #expect(finding.resource == .heap)
                // The allocator rounds up.
                #expect(finding.interval.contains(80), "\(finding)")
                #expect("\(finding)".hasPrefix("live heap: 80 B for each run, 99% interval "), "\(finding)")
                #expect(!found.hidden.contains(.heap))
            }
        }

        @Test("what is kept for a while, however much, is no leak")
        func retention() async {
            await #expect(processExitsWith: .success) {
                let timer = try EventLoop(name: "keeper")
                let found = try await result(releaseLimit: .seconds(8)) {
                    let address = UInt(bitPattern: malloc(4000)!)
                    timer.execute {
                        _ = Timer(on: timer, after: .seconds(3)) { free(UnsafeMutableRawPointer(bitPattern: address)) }
                    }
                }
                #expect(found.problem == nil)
                timer.stop()
            }
        }

        @Test("what is given back while it is waited for is no leak")
        func releasedLater() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let begin = ContinuousClock.now
                async let cleared: Void = {
                    try? await Task.sleep(for: .milliseconds(600))
                    await planted.clear()
                }()
                let found = try await result(releaseLimit: .seconds(7200)) {
                    if ContinuousClock.now - begin < .milliseconds(500) {
                        planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    }
                }
                await cleared
                #expect(found.problem == nil)
                #expect(ContinuousClock.now - begin < .seconds(3600))
            }
        }

        @Test("what is kept once, or of the last run only, is no leak")
        func bounded() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                var last: OwnedDescriptor?
                var count = 0
                let found = try await result {
                    count += 1
                    if count == 40 { planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0))) }
                    if let former = last.take() { try former.close() }
                    last = try OwnedDescriptor.listening(on: .loopback(port: 0))
                }
                try last.take()?.close()
                #expect(found.problem == nil)
                await planted.clear()
            }
        }

        @Test("a body that runs out of descriptors tells what it left")
        func exhausted() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                var limit = rlimit(rlim_cur: 200, rlim_max: 200)
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                let texts = Locked([String]())
                try await withKnownIssue {
                    try await expectNoLeaks(connections: 1000) {
                        planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    }
                } matching: { issue in
                    texts.withLock { $0 += issue.comments.map(\.rawValue) + ["\(issue.error as Any)"] }
                    return true
                }
                let all = texts.withLock { $0 }
                #expect(
                    all.contains { $0.contains("descriptors were short") && $0.contains("× socket in LISTEN") },
                    "\(all)")
                #expect(all.contains { $0.contains("Too many open files") }, "\(all)")
            }
        }

        @Test("a body that throws for a reason of its own is not blamed for descriptors")
        func failure() async {
            struct Broken: Error {}
            let planted = Planted()
            await #expect(throws: Broken.self) {
                try await expectNoLeaks {
                    for _ in 0..<100 { planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0))) }
                    throw Broken()
                }
            }
            await planted.clear()
        }
    }
}
