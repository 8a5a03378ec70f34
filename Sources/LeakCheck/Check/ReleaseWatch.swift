import Lifecycles
import SystemCalls
import Targets

/// Holds peers whose connections are over, beside a check or within it, to see whether the target lets go of them while they
/// stay.
final class ReleaseWatch: Sendable {
    private let task: Task<[String: CheckResult.HeldPeers], Never>
    private let isDone = Locked(false)

    /// How many peers of each lifecycle are held, all at once.
    static let peers = 64
    /// The longest that they stay: a little beyond what a target may take, as timers run late.
    private static let stay = Duration.seconds(CheckResult.HeldPeers.limitSeconds + 1)

    /// How often the target's descriptors are counted, and how many of the last counts tell what it held to the end.
    private static let (readingInterval, lastReadings) = (Duration.milliseconds(100), 20)

    /// Begins to hold peers of `lifecycles` at a target of `plan` that is its own; they are told what `script` makes of it.
    init(_ plan: CheckPlan, _ lifecycles: [Lifecycle], script: @escaping @Sendable (Target) -> PeerScript) {
        task = Task { [isDone] in
            defer { isDone.withLock { $0 = true } }
            guard let target = try? await Target.forPlan(plan) else { return [:] }
            defer { target.end() }
            return await Self.held(lifecycles, target, script(target))
        }
    }

    /// Begins to hold peers of `lifecycles` at a target that others own.
    init(_ target: Target, _ lifecycles: [Lifecycle], _ script: PeerScript) {
        task = Task { [isDone] in
            defer { isDone.withLock { $0 = true } }
            return await Self.held(lifecycles, target, script)
        }
    }

    /// What was seen when all of them had stayed for as long as they may, or at `deadline`; by label.
    func end(at deadline: MonotonicTime) async -> [String: CheckResult.HeldPeers] {
        while MonotonicTime.now < deadline, !isDone.withLock({ $0 }), !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
        task.cancel()
        return await task.value
    }

    private static func held(
        _ lifecycles: [Lifecycle], _ target: Target, _ script: PeerScript
    ) async -> [String: CheckResult.HeldPeers] {
        guard let driver = try? PeerDriver(), let before = try? target.descriptorCount() else { return [:] }
        defer { driver.stop() }
        var script = script
        script.holdLimit = stay
        let isOver = Locked(false)
        let gained = Task {
            // The last may be taken when the peers have just left.
            var latest: [Int] = []
            while !isOver.withLock({ $0 }) {
                latest = latest.suffix(lastReadings) + [((try? target.descriptorCount()) ?? before) - before]
                try? await Task.sleep(for: readingInterval)
            }
            return latest.max() ?? 0
        }
        var held = await counted(lifecycles, driver, script)
        isOver.withLock { $0 = true }
        // What is kept by others, such as a proxy before the target, is not the target's.
        let kept = held.values.reduce(0) { $0 + $1.kept }
        if await gained.value * 2 < kept { held = [:] }
        return held
    }

    private static func counted(
        _ lifecycles: [Lifecycle], _ driver: PeerDriver, _ script: PeerScript
    ) async -> [String: CheckResult.HeldPeers] {
        let load = PeerDriver.Load(connections: peers, concurrency: peers)
        return await withTaskGroup(of: (String, CheckResult.HeldPeers).self) { group in
            for lifecycle in lifecycles {
                group.addTask {
                    let began = MonotonicTime.now
                    let counts = await driver.drive(lifecycle, script, load)
                    return (lifecycle.label, CheckResult.HeldPeers(counts, began.elapsed))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}

extension CheckResult.HeldPeers {
    /// What came of a drive that took so long.
    fileprivate init(_ counts: DriveCounts, _ took: Duration) {
        self.init(
            peers: counts.completed, letGo: min(counts.letGo, counts.completed), seconds: took.inSeconds,
            lastLetGoSeconds: counts.lastLetGoAfter?.inSeconds)
    }
}
