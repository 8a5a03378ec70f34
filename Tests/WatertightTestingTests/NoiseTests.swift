import Dispatch
import Glibc
import Sockets
import SystemCalls
import Testing
import WebSockets

@testable import WatertightTesting

/// Bodies that leave nothing behind.
enum CleanBody: String, CaseIterable {
    case nothing, connection, refusal, unwaited, pool

    func run(_ url: String) async throws {
        switch self {
        case .nothing: break
        case .connection:
            let client = try await WebSocketClient.connect(to: url)
            try await client.send("hello")
            _ = await client.receive()
            await client.close()
        case .refusal: _ = try? await WebSocketClient.connect(to: "ws://127.0.0.1:1/")
        // Its end is for the settling to wait for.
        case .unwaited: _ = try await WebSocketClient.connect(to: url)
        case .pool:
            await withTaskGroup { group in
                for _ in 0..<4 { group.addTask { @concurrent in await Task.yield() } }
            }
            await Task.detached { await Task.yield() }.value
        }
    }

    /// What a check of it comes to, with a server of its own.
    func checked(runs: Int = 100) async throws -> LeakResult {
        let server = try await WebSocketServer.start { _ in EchoHandler() }
        let found = try await result(runs: runs, releaseLimit: .seconds(5)) { try await run(server.url) }
        await server.shutdown()
        return found
    }
}

extension LeakChecks {
    @Suite("Clean code is called clean", .serialized)
    struct CleanTests {
        @Test("in a process of its own, where memory is judged too", arguments: CleanBody.allCases.map(\.rawValue))
        func alone(name: String) async {
            await #expect(processExitsWith: .success) { [name] in
                let found = try await CleanBody(rawValue: name)!.checked()
                #expect(found.problem == nil)
                #expect(found.caution == nil)
            }
        }

        /// The threads of serial queues keep what they run for the next; ten milliseconds apart, so that they never end.
        @Test("when it goes through a serial queue whose thread others keep awake")
        func queued() async {
            await #expect(processExitsWith: .success) {
                let isStopped = Locked(false)
                try Thread.detach(name: "waker") {
                    let others = DispatchQueue(label: "others")
                    while !isStopped.withLock({ $0 }) {
                        others.async {}
                        usleep(10_000)
                    }
                }
                let queue = DispatchQueue(label: "body")
                let found = try await result(runs: 20, releaseLimit: .seconds(5)) {
                    await withCheckedContinuation { done in queue.async { done.resume() } }
                }
                isStopped.withLock { $0 = true }
                #expect(found.problem == nil)
            }
        }

        @Test("among other tests", arguments: CleanBody.allCases)
        func amongOthers(body: CleanBody) async throws {
            #expect(try await body.checked().problem == nil)
        }
    }

    /// Each in a process of its own, or the noise would be that of every other test here.
    @Suite("Other tests that open descriptors and allocate all the time", .serialized)
    struct NoiseTests {
        @Test("are not taken for the body's", arguments: CleanBody.allCases.map(\.rawValue))
        func clean(name: String) async {
            await #expect(processExitsWith: .success) { [name] in
                let noise = try Noise()
                let found = try await CleanBody(rawValue: name)!.checked()
                await noise.stop()
                #expect(found.problem == nil)
            }
        }

        @Test("nor are those whose holdings only grow, in every block")
        func growing() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let isStopped = Locked(false)
                let isGrowing = Locked(0)
                try Thread.detach(name: "grower") {
                    while !isStopped.withLock({ $0 }) {
                        if let descriptor = try? OwnedDescriptor.listening(on: .loopback(port: 0)) {
                            planted.keep(descriptor)
                            isGrowing.withLock { $0 += 1 }
                        }
                        planted.leakBytes(5000)
                        usleep(2000)
                    }
                }
                let found = try await CleanBody.connection.checked()
                isStopped.withLock { $0 = true }
                #expect(found.problem == nil)
                // It cannot be told that none of them are the body's, and that is said.
                #expect(found.hidden.contains(.descriptors))
                #expect(found.caution?.hasPrefix("leaks of descriptors") == true)
                #expect(isGrowing.withLock { $0 } > 50)
            }
        }

        @Test("do not hide a descriptor, a thread or an object of each run")
        func found() async {
            await #expect(processExitsWith: .success) {
                final class Session: Sendable {}
                let noise = try Noise()
                let planted = Planted()
                let found = try await result(runs: 20) {
                    planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    try planted.leakThread(named: "forgotten")
                    planted.keep(track(Session()))
                }
                await noise.stop()
                let resources = found.findings.map(\.resource)
                #expect(resources.contains(.descriptors))
                #expect(resources.contains(.threads))
                #expect(resources.contains(.objects))
                let descriptors = try #require(found.findings.first { $0.resource == .descriptors })
                #expect(descriptors.interval.contains(1), "\(descriptors)")
                #expect(descriptors.leftOvers.contains { $0.sort == "socket in LISTEN" && $0.count == 115 })
            }
        }

        @Test("do not hide a descriptor of each run by many more that are gone before the check ends")
        func dwarfed() async {
            await #expect(processExitsWith: .success) {
                let planted = Planted()
                let others = Planted()
                var runs = 0
                let found = try await result(runs: 20) {
                    runs += 1
                    planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    // Five runs of warm-up and the judged 20.
                    if runs <= 25 {
                        for _ in 0..<20 { others.keep(try OwnedDescriptor.listening(on: .loopback(port: 0))) }
                    } else if runs == 40 {
                        await others.clear()
                    }
                }
                let descriptors = try #require(found.findings.first { $0.resource == .descriptors })
                #expect(descriptors.interval.contains(1), "\(descriptors)")
            }
        }

        @Test("memory that they hide is owned up to, not guessed at")
        func hidden() async {
            await #expect(processExitsWith: .success) {
                let noise = try Noise()
                let planted = Planted()
                // Twice what would have to be seen in silence: less may go unmentioned.
                let found = try await result { planted.leakBytes(2 * Int(LeakRule.requiredHeapBytes)) }
                await noise.stop()
                let words: Comment = "problem: \(found.problem ?? "none"); caution: \(found.caution ?? "none")"
                #expect(found.problem == nil || found.findings.map(\.resource) == [.heap], words)
                #expect(found.problem != nil || found.caution != nil, words)
            }
        }
    }
}
