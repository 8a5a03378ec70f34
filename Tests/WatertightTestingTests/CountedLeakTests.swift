import Glibc
import Sockets
import SystemCalls
import Testing

@testable import WatertightTesting

extension LeakChecks {
    /// Descriptors are counted exactly, so that leaks may be rare, and what only changes hands is none.
    @Suite("What is counted", .serialized)
    struct CountedLeakTests {
        /// Opens the one device that every system has, without a word about who closes it.
        @discardableResult
        private static func null() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }

        @Test(
            "a descriptor that only some of the runs leave is a leak",
            arguments: [(20, 1), (20, 3), (20, 10), (200, 20), (200, 40)])
        func rare(runs: Int, every: Int) async {
            await #expect(processExitsWith: .success) { [runs, every] in
                var count = 0
                let found = try await result(runs: runs) {
                    count += 1
                    if count % every == 0 { Self.null() }
                }
                let finding = try #require(found.findings.first { $0.resource == .descriptors })
                #expect(finding.interval.contains(1 / Double(every)), "\(finding)")
                #expect(finding.leftOvers.map(\.examples) == [["/dev/null", "/dev/null", "/dev/null"]], "\(finding)")
                #expect(found.remark == nil)
            }
        }

        @Test(
            "a full pool that exchanges its members is no leak, whatever they are", arguments: ["devices", "sockets"])
        func pool(of kind: String) async {
            await #expect(processExitsWith: .success) { [kind] in
                var pool: [Int32] = []
                pool.reserveCapacity(200)
                let found = try await result(runs: 200) {
                    pool.append(kind == "devices" ? Self.null() : socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
                    if pool.count > 120 { close(pool.removeFirst()) }
                }
                #expect(found.problem == nil)
                for number in pool { close(number) }
            }
        }

        @Test("what is closed some time after the body has returned is no leak, and is not spoken of")
        func late() async {
            await #expect(processExitsWith: .success) {
                let timer = try EventLoop(name: "late")
                let found = try await result(runs: 50) {
                    let number = Self.null()
                    timer.execute { _ = Timer(on: timer, after: .milliseconds(300)) { close(number) } }
                }
                #expect(found.problem == nil)
                #expect(found.remark == nil)
                timer.stop()
            }
        }

        /// At once, or so slowly that the first are opened while others run.
        @Test("a descriptor that a task opens after the body has returned is a leak", arguments: [0, 20])
        func openedLate(milliseconds: Int) async {
            await #expect(processExitsWith: .success) { [milliseconds] in
                let planted = Planted()
                let found = try await result(runs: 50, releaseLimit: .seconds(1)) {
                    try await Task.sleep(for: .milliseconds(milliseconds))
                    Task.detached {
                        try await Task.sleep(for: .milliseconds(300))
                        planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
                    }
                }
                let descriptors = try #require(found.findings.first { $0.resource == .descriptors })
                // On a busy machine some come so late that the batch without the body has them.
                #expect(descriptors.interval.overlaps(0.8...1.2), "\(descriptors)")
            }
        }

        @Test("a task that outlives the body and leaves nothing is none")
        func outliving() async {
            await #expect(processExitsWith: .success) {
                let found = try await result(runs: 50, releaseLimit: .seconds(1)) {
                    Task.detached {
                        try await Task.sleep(for: .milliseconds(300))
                        _ = try OwnedDescriptor.listening(on: .loopback(port: 0))
                    }
                }
                #expect(found.problem == nil)
            }
        }

        @Test("what is left once is no leak, but spoken of")
        func once() async {
            await #expect(processExitsWith: .success) {
                var count = 0
                let found = try await result(runs: 20) {
                    count += 1
                    if count == 15 { Self.null() }
                }
                #expect(found.problem == nil)
                #expect(found.remark?.contains("1 × ") == true && found.remark?.contains("/dev/null") == true)
                let clean = try await result(runs: 20) { close(Self.null()) }
                #expect(clean.problem == nil && clean.remark == nil)
            }
        }

        @Test("what is left of one run in a hundred is a warning, not a failure")
        func warning() async {
            await #expect(processExitsWith: .success) {
                let issues = Locked([Issue]())
                try await withKnownIssue(isIntermittent: true) {
                    var count = 0
                    try await expectNoLeaks(connections: 20, releaseLimit: .milliseconds(50)) {
                        count += 1
                        if count == 10 { Self.null() }
                    }
                } matching: { issue in
                    issues.withLock { $0.append(issue) }
                    return true
                }
                let all = issues.withLock { $0 }
                #expect(all.allSatisfy { $0.severity == .warning })
                #expect(all.contains { "\($0)".contains("/dev/null") }, "\(all)")
            }
        }
    }

    @Suite("When what is counted is suspected, and confirmed")
    struct CountRuleTests {
        private func pairs(with: [Double], without: [Double]) -> [LeakRule.Pair] {
            (0..<LeakRule.pairs).map { index in
                LeakRule.Pair(withBody: with[index % with.count], without: without[index % without.count])
            }
        }

        @Test("two blocks with something left are a suspicion, one is none, nor is what is too rare to be told")
        func suspected() {
            #expect(LeakRule.suspected(left: [0, 0, 0, 0, 1, 0, 0, 0, 0, 1], runs: 2) == 0.1)
            #expect(LeakRule.suspected(left: [0, 0, 0, 0, 9, 0, 0, 0, 0, 0], runs: 2) == nil)
            #expect(LeakRule.suspected(left: [0, 0, 0, 0, 1, 0, 0, 0, 0, 1], runs: 100) == nil)
        }

        @Test("batches are as long as it takes, within bounds")
        func batches() {
            #expect(LeakRule.batch(rate: 1, least: 10) == 10)
            #expect(LeakRule.batch(rate: 0.05, least: 10) == 16)
            #expect(LeakRule.batch(rate: 0.001, least: 10) == LeakRule.longestBatch)
        }

        @Test("what comes with the body, and not without it, is the body's")
        func confirmed() {
            #expect(LeakRule.confirmedCount(pairs(with: [1, 0], without: [0]), runs: 10) == nil)
            #expect(LeakRule.confirmedCount(pairs(with: [1, 1, 0], without: [0]), runs: 10) != nil)
            #expect(LeakRule.confirmedCount(pairs(with: [10], without: [9]), runs: 10) == nil)
            #expect(LeakRule.confirmedCount(pairs(with: [10], without: [5]), runs: 10)?.contains(0.5) == true)
        }

        @Test("however much others hold when the last batches end")
        func drowned() {
            var drowned = pairs(with: [5], without: [0])
            drowned[17].without = 100
            #expect(LeakRule.confirmedCount(drowned, runs: 5)?.contains(1) == true)
            drowned[3].without = 100
            #expect(LeakRule.confirmedCount(drowned, runs: 5) == 1...1)
            // As much as that of every third pair is not distinguished.
            for index in stride(from: 0, to: 18, by: 3) { drowned[index].without = 20 }
            #expect(LeakRule.confirmedCount(drowned, runs: 5) == nil)
        }
    }
}
