import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck

@Suite("Peers that stay after the end of their connections")
struct HeldPeersTests {
    private func finding(letGo: Int, seconds: Double, _ change: (inout RowMeasurement) -> Void = { _ in })
        -> CheckResult.Finding
    {
        var row = Measured.row(lifecycle: .closeNotifyUnanswered)
        row.held = CheckResult.HeldPeers(peers: 64, letGo: letGo, seconds: seconds)
        change(&row)
        return Measured.finding(row, .descriptors)
    }

    @Test("a target that keeps them for 35 s leaks descriptors, with that reason")
    func kept() {
        let all = finding(letGo: 0, seconds: 36)
        #expect(all.verdict == .leak && all.perConnection == 1)
        #expect(all.reason == .keptWhileStaying(kept: 64, peers: 64, seconds: 36))
        let half = finding(letGo: 32, seconds: 36)
        #expect(half.verdict == .leak && half.perConnection == 0.5)
    }

    @Test("one that lets go of them is clean, whenever it does, and so is one that a few are late for")
    func letGo() {
        for seconds in [0.1, 30.2] { #expect(finding(letGo: 64, seconds: seconds).verdict == .clean) }
        #expect(finding(letGo: 62, seconds: 36).verdict == .clean)
    }

    @Test("what was cut short says nothing")
    func short() {
        let short = finding(letGo: 0, seconds: 20)
        #expect(short.verdict == .inconclusive)
        #expect(short.reason == .pauseMissing(keptSeconds: 20, requiredSeconds: 35))
        #expect(finding(letGo: 64, seconds: 20).verdict == .clean)
    }

    @Test("a leak that outlasts the peers keeps its own reason")
    func both() {
        var levels = Measured.Levels()
        levels.descriptors = { connections, _ in 10 + connections }
        var row = Measured.row(levels, drives: [40, 20], lifecycle: .closeNotifyUnanswered)
        let alone = Measured.finding(row, .descriptors)
        #expect(alone.verdict == .leak)
        row.held = CheckResult.HeldPeers(peers: 64, letGo: 0, seconds: 36)
        #expect(Measured.finding(row, .descriptors).reason == alone.reason)
    }

    @Test("which lifecycles ask: those that stay after close_notify, or after both Close frames")
    func asked() throws {
        #expect(
            Lifecycle.all.filter(\.mustBeReleased).map(\.name) == ["tls-notify/hold", "tls-unanswered/hold"])
        let script = "open\nclose\nawait close\nreading off\nhold\nreset"
        #expect(try Lifecycle(name: "t.lifecycle", script: script).mustBeReleased)
        let unasked = "open\nclose\nhold\nreset"
        #expect(try !Lifecycle(name: "t.lifecycle", script: unasked).mustBeReleased)
    }

    @Test("which stay before they are upgraded")
    func before() {
        #expect(
            Lifecycle.all.filter(\.staysBeforeUpgrade).map(\.name) == [
                "stall-handshake/silent", "stall-handshake/trickle", "tls-hello/stall", "tls-only/hold",
            ])
    }

    @Test("nothing is explained that is gone with the peers")
    func explained() {
        let judge = Measured.judge()
        var row = Measured.row(lifecycle: .closeNotifyUnanswered)
        row.held = CheckResult.HeldPeers(peers: 64, letGo: 0, seconds: 36)
        var levels = Measured.Levels()
        levels.descriptors = { connections, _ in 10 + connections }
        let lasting = Measured.row(levels, drives: [40, 20], lifecycle: .fin)
        var result = CheckResult(
            seed: 1, startedAt: "", durationSeconds: 1, budgetSeconds: 1, concurrency: 1, target: "", runtime: "native",
            descriptorLimit: 1024, isolation: .processPerLifecycle, rows: [judge.row(row)], samples: [], notes: [])
        #expect(ExplanationPlan.rows(of: result, takesKnown: false) == [])
        result.rows.append(judge.row(lasting))
        #expect(ExplanationPlan.rows(of: result, takesKnown: false) == [1])
    }
}

@Suite("Caches of TLS sessions")
struct SessionCacheTests {
    private static let uncached = Lifecycle.named("tls-session/uncached")[0]

    /// What is left of so many connections: 1,100 bytes each, up to `entries` of them, and `leak` bytes each for good.
    private func row(blocks: [Int], leak: Double = 0, entries: Double = 20_480, of lifecycle: Lifecycle = uncached)
        -> RowMeasurement
    {
        var levels = Measured.Levels()
        levels.memory = { connections, _ in 1_000_000 + 1100 * min(connections, entries) + leak * connections }
        return Measured.row(levels, drives: blocks, lifecycle: lifecycle)
    }

    @Test("one that fills is never a leak, and named as what it is", arguments: [[15], [40], [40, 40], [200, 5]])
    func filling(blocks: [Int]) {
        let row = row(blocks: blocks)
        #expect(Measured.finding(row, .privateMemory).verdict == .inconclusive)
        let reason = Measured.finding(row, .privateMemory).reason
        #expect(reason == .sessionCache(connections: row.completed, entries: 20_480))
        #expect(Measured.judge().assessments(row)[.descriptors]?.isClean(tightly: false) == true)
        // The same of another lifecycle is a leak.
        #expect(Measured.judge().assessments(self.row(blocks: [40], of: .fin))[.privateMemory] == .suspect)
    }

    @Test("one that is full is clean, and what grows beyond it is suspected")
    func full() {
        #expect(Measured.finding(row(blocks: [900]), .privateMemory).verdict == .clean)
        let leaking = row(blocks: [900], leak: 1000)
        #expect(Measured.judge().assessments(leaking)[.privateMemory] == .suspect)
        let confirmed = row(blocks: [300, 300], leak: 1000)
        #expect(Measured.finding(confirmed, .privateMemory).verdict == .leak)
    }

    @Test("where nothing grows there is nothing to doubt")
    func flat() {
        let flat = Measured.row(lifecycle: Self.uncached)
        #expect(Measured.finding(flat, .privateMemory).verdict == .clean)
    }
}
