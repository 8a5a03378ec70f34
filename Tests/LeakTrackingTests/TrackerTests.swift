import Environments
import Foundation
import Glibc
import LeakStatistics
import Logging
import ProcessResources
import SystemCalls
import TestSupport
import Testing

@testable import LeakTracking

@Suite("The resource leak tracker", .serialized)
struct TrackerTests {
    /// A process that does nothing, so that only what a test does to it can be seen.
    private final class Idle {
        private let process = Process()
        var pid: Int32 { process.processIdentifier }

        init() throws {
            process.executableURL = URL(filePath: "/bin/sleep")
            process.arguments = ["100"]
            try process.run()
            // Its loader opens libraries, and needs them no more when it waits in clock_nanosleep (230 on x86_64, 115 on
            // aarch64).
            let limit = ContinuousClock.now + .seconds(600)
            while !isIdle, ContinuousClock.now < limit { usleep(1000) }
        }

        private var isIdle: Bool {
            let call = (try? String(contentsOfFile: "/proc/\(pid)/syscall", encoding: .utf8)) ?? ""
            return call.hasPrefix("230 ") || call.hasPrefix("115 ")
        }

        deinit { kill(process.processIdentifier, SIGKILL) }
    }

    @Test("snapshots carry label, time, managers, memory, descriptors and threads")
    func snapshots() throws {
        let counts = Locked(ManagerCounts(active: 2, created: 8, cleanedUp: 6))
        let tracker = try ResourceLeakTracker(limits: EnvironmentLimits(.test)) { counts.withLock { $0 } }
        let snapshot = try tracker.snapshot("one")
        #expect(snapshot.label == "one")
        #expect(snapshot.cleanupPercent == 75)
        #expect(snapshot.managers?.active == 2)
        #expect(snapshot.residentBytes > 1 << 20 && snapshot.privateBytes > 0)
        #expect(try #require(snapshot.liveHeapBytes) > 0)
        #expect(snapshot.threads >= 1)
        #expect(snapshot.descriptors.total >= 3)
        let summary = tracker.finish()
        #expect(summary.snapshots.map(\.label) == ["begin", "one"])
        #expect(summary.snapshots[1].descriptors == snapshot.descriptors)
        #expect(summary.snapshots[1].residentDeltaBytes == snapshot.residentBytes - summary.snapshots[0].residentBytes)
        let decoded = try JSONDecoder().decode(LeakSummary.self, from: JSONEncoder().encode(summary))
        #expect(decoded.snapshots == summary.snapshots)
        #expect(summary.description.contains("managers: grew by 0"))
    }

    @Test("a peak between two snapshots is seen")
    func peak() async throws {
        let active = Locked(0)
        let tracker = try ResourceLeakTracker(
            limits: EnvironmentLimits(.test), samplingInterval: .milliseconds(5)
        ) { ManagerCounts(active: active.withLock { $0 }, created: 20, cleanedUp: 0) }
        active.withLock { $0 = 17 }
        #expect(await eventually { tracker.peakManagers == 17 })
        active.withLock { $0 = 0 }
        let summary = tracker.finish()
        let managers = try #require(summary.growth.first { $0.resource == .managers })
        #expect(managers.peak == 17 && managers.total == 0)
        #expect(managers.peakBeyondThreshold && !managers.leakSuspected)
        #expect(summary.backgroundSamples > 0)
    }

    @Test("timings are kept per operation, and one beyond its limit is a violation at once")
    func timings() async throws {
        let tracker = try ResourceLeakTracker(limits: EnvironmentLimits(.test))
        for _ in 0..<3 { tracker.measure("quick", limit: .seconds(60)) {} }
        await tracker.measure("slow", limit: .nanoseconds(1)) { await Task.yield() }
        struct Failure: Error {}
        #expect(throws: Failure.self) { try tracker.measure("fails") { throw Failure() } }
        #expect(tracker.violations.map(\.kind) == [.limitExceeded])
        #expect(tracker.violations.first?.severity == .high)
        let timings = tracker.finish().timings
        #expect(timings.map(\.operation) == ["fails", "quick", "slow"])
        #expect(timings.map(\.count) == [1, 3, 1])
        #expect(timings.map(\.exceededCount) == [0, 0, 1])
        #expect(timings[1].meanSeconds <= timings[1].maximumSeconds)
    }

    @Test("violations have a severity and are logged as they happen")
    func violations() throws {
        let lines = Locked([(Logger.Level, String)]())
        let logger = Logger(label: "test") { _ in
            CollectingHandler { level, text in lines.withLock { $0.append((level, text)) } }
        }
        let active = Locked(6)
        let tracker = try ResourceLeakTracker(limits: EnvironmentLimits(.test), logger: logger) {
            ManagerCounts(active: active.withLock { $0 }, created: 20, cleanedUp: 0)
        }
        tracker.expectCleanedUp("end")
        active.withLock { $0 = 11 }
        tracker.expectCleanedUp("end")
        active.withLock { $0 = 5 }
        tracker.expectCleanedUp("end")
        #expect(tracker.violations.map(\.kind) == [.managersRemain, .managersRemain])
        #expect(tracker.violations.map(\.severity) == [.high, .critical])
        #expect(lines.withLock { $0.map(\.0) } == [.error, .critical])
        #expect(lines.withLock { $0.first?.1 } == "high managersRemain: 6 managers remain at \"end\", of at most 5")
    }

    @Test("memory beyond the threshold is suspected, whatever the reason")
    func threshold() async {
        // The memory of the whole process is read.
        await #expect(processExitsWith: .success) {
            var limits = EnvironmentLimits(.test)
            limits.memoryGrowthThresholdBytes = 1 << 20
            let tracker = try ResourceLeakTracker(limits: limits)
            let bytes = [UInt8](repeating: 1, count: 8 << 20)
            try tracker.snapshot("grown")
            try tracker.snapshot("the same")
            let summary = tracker.finish()
            #expect(summary.violations.contains { $0.kind == .memoryGrowth && $0.severity == .high })
            #expect(summary.growth.first { $0.resource == .residentMemory }?.leakSuspected == true)
            withExtendedLifetime(bytes) {}
        }
    }

    @Test("growth per operation is judged soundly: a leak is one, a plateau and noise are none")
    func verdicts() throws {
        func analysis(_ level: (Int) -> Double) throws -> GrowthAnalysis {
            let points = (0..<60).map { (connections: Double($0 * 100), level: level($0)) }
            return try #require(
                GrowthAnalysis(
                    .descriptors, points: points.map { .init(connections: $0.connections, level: $0.level) },
                    highest: 0, threshold: 5))
        }
        let leak = try analysis { 20 + Double($0 * 100) / 10 }
        #expect(leak.verdict == .leak)
        #expect(leak.perOperation.map { abs($0 - 0.1) < 0.001 } == true)
        #expect(leak.leakSuspected && leak.lastIncrements == [Int](repeating: 10, count: 10))
        // The rule of thumb suspects a plateau, the verdict does not.
        let plateau = try analysis { 20 + Double(min($0, 10)) * 10 }
        #expect(plateau.leakSuspected && plateau.verdict == .clean)
        // And it misses a leak that is small so far.
        let small = try analysis { 20 + Double($0 / 12) }
        #expect(!small.leakSuspected)
        #expect(try analysis { 20 + Double($0 % 2) }.verdict == .clean)
    }

    /// What 75 cycles of connections added to the live heap of a process whose threads took turns on a busy machine, which
    /// filled their caches.
    private static let cachesOfThreads: [Double] = [
        604576, 4592, 1040, 176, 208, 336, -160, -80, -144, -160, 432, 208, -448, -64, 48, 0, 0, 16, 352, -32, 1744, 80,
        0, 304,
        -464, 464, -464, 464, -384, 0, 384, -240, -64, 0, 336, -416, 752, 160, 592, -560, 1056, -272, 32, 144, -208,
        256, -288,
        160, 48, 48, 1552, 64, 128, 144, -32, 1248, -48, 48, 352, -400, 112, 96, 1376, 144, -1216, 1120, 32, -80, 384,
        464, -64,
        0, -16, 448, 80,
    ]

    @Test("what the allocator's caches of threads hold is no leak, and one beside them is", arguments: [0.0, 1024])
    func caches(_ leaked: Double) throws {
        var level = 0.0
        let points = Self.cachesOfThreads.enumerated().map { number, increment in
            level += increment + leaked
            return GrowthSeries.Point(connections: Double(number + 1), level: level)
        }
        let analysis = try #require(GrowthAnalysis(.liveHeap, points: points, highest: 0, threshold: 5))
        #expect(try #require(analysis.interval).lowerBound > 8)
        #expect((analysis.verdict == .leak) == (leaked > 0))
    }

    @Test("a leak of 64 bytes an operation is found where nothing else grows")
    func small() throws {
        let points = (0..<60).map { GrowthSeries.Point(connections: Double($0), level: 5_000_000 + 64 * Double($0)) }
        #expect(try #require(GrowthAnalysis(.liveHeap, points: points, highest: 0, threshold: 5)).verdict == .leak)
    }

    @Test("growth of pages is no loss where the live heap does not grow, and is one where it does, or is not known")
    func excuse() throws {
        func analysis(_ resource: TrackedResource, _ perOperation: Double) throws -> GrowthAnalysis {
            let points = (0..<60).map {
                GrowthSeries.Point(connections: Double($0 * 100), level: 5_000_000 + perOperation * Double($0 * 100))
            }
            return try #require(GrowthAnalysis(resource, points: points, highest: 0, threshold: 5))
        }
        let pages = try analysis(.privateMemory, 4096)
        let (flat, grown) = (try analysis(.liveHeap, 0), try analysis(.liveHeap, 4096))
        #expect(pages.verdict == .leak && flat.verdict == .clean && grown.verdict == .leak)
        #expect(ResourceLeakTracker.excuse(pages, [pages, flat])?.contains("no loss") == true)
        #expect(ResourceLeakTracker.excuse(pages, [pages, grown]) == nil)
        #expect(ResourceLeakTracker.excuse(pages, [pages]) == nil)
        #expect(ResourceLeakTracker.excuse(try analysis(.descriptors, 1), [flat]) == nil)
    }

    @Test("its own snapshots do not look like growth of the heap")
    func itself() async {
        // The memory of the whole process is read.
        await #expect(processExitsWith: .success) {
            let tracker = try ResourceLeakTracker(limits: EnvironmentLimits(.test), samplingInterval: .seconds(1000))
            let idle = try Idle()
            let other = try ResourceLeakTracker(limits: EnvironmentLimits(.test), pid: idle.pid)
            for number in 1...100 {
                try tracker.snapshot("n\(number)")
                try other.snapshot("n\(number)")
            }
            #expect(tracker.growth.first { $0.resource == .liveHeap }?.verdict != .leak)
            let summary = other.finish()
            #expect(summary.growth.first { $0.resource == .liveHeap } == nil)
            #expect(summary.growth.first { $0.resource == .descriptors }?.total == 0)
            #expect(summary.violations.isEmpty)
        }
    }

    @Test("a process that is gone is told, and what was seen stays")
    func gone() async throws {
        var idle: Idle? = try Idle()
        let tracker = try ResourceLeakTracker(
            limits: EnvironmentLimits(.test), pid: try #require(idle).pid, samplingInterval: .milliseconds(5))
        idle = nil
        #expect(await eventually { tracker.isLost })
        #expect(throws: ProcessReadFailure.self) { try tracker.snapshot("gone") }
        let summary = tracker.finish()
        #expect(summary.lost != nil)
        #expect(summary.snapshots.map(\.label) == ["begin"])
    }

    @Test("what it keeps is bounded")
    func bounded() throws {
        var record = TrackerRecord()
        let snapshot = try ResourceLeakTracker(limits: EnvironmentLimits(.test)).snapshot("x")
        let violation = LeakViolation(kind: .memoryPeak, severity: .medium, detail: "", elapsedSeconds: 0)
        for number in 0..<5000 {
            record.append(snapshot)
            record.append(violation)
            record.addTiming("operation \(number)", .seconds(1), nil)
        }
        let summary = record.summary(EnvironmentLimits(.test), durationSeconds: 1)
        #expect(summary.snapshots.count + summary.droppedSnapshots == 5000)
        #expect(summary.violations.count + summary.droppedViolations == 5000)
        #expect(summary.snapshots.count == 2048 && summary.violations.count == 256 && summary.timings.count == 256)
    }

    @Test("nobody who lets go of a tracker leaves a sampler behind")
    func lifetime() async throws {
        weak var gone: ResourceLeakTracker?
        do {
            let tracker = try ResourceLeakTracker(
                limits: EnvironmentLimits(.test), samplingInterval: .milliseconds(5))
            gone = tracker
        }
        #expect(await eventually { gone == nil })
    }
}

/// Hands each line to a closure.
private struct CollectingHandler: LogHandler {
    let line: @Sendable (Logger.Level, String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ line: @escaping @Sendable (Logger.Level, String) -> Void) { self.line = line }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { line(event.level, "\(event.message)") }
}
