public import Environments
import Glibc
import LeakStatistics
public import Logging
public import ProcessResources
import SystemCalls

/// Follows the resources of a process through a test: snapshots with labels, peaks between them, timings, violations.
///
/// May be used from any thread. Its memory is bounded and reserved at the start, so that it does not look like a leak
/// itself; only labels longer than 15 bytes take some. `finish()` ends its background sampler, as does releasing the
/// tracker.
public final class ResourceLeakTracker: Sendable {
    /// What the environment allows.
    public let limits: EnvironmentLimits
    private let reader: ProcessReader
    private let isOwnProcess: Bool
    private let logger: Logger
    private let managers: (@Sendable () -> ManagerCounts)?
    private let begun = ContinuousClock.now
    private let record: Locked<TrackerRecord>
    private let sampler = Locked<Task<Void, Never>?>(nil)

    /// Begins to follow a process, by default this one, with a first snapshot.
    ///
    /// `managers` is called at each snapshot and sample. Throws if the process cannot be read.
    public init(
        limits: EnvironmentLimits, pid: Int32? = nil, samplingInterval: Duration = .milliseconds(100),
        logger: Logger = Logger(label: "watertight.tracker"), managers: (@Sendable () -> ManagerCounts)? = nil
    ) throws(ProcessReadFailure) {
        self.limits = limits
        self.logger = logger
        self.managers = managers
        isOwnProcess = pid == nil || pid == getpid()
        reader = try ProcessReader(pid: pid ?? getpid())
        record = Locked(TrackerRecord())
        try snapshot("begin", operations: 0)
        let task = Task { [weak self] in
            while (try? await Task.sleep(for: samplingInterval)) != nil {
                guard let self, self.samplePeaks() else { return }
            }
        }
        sampler.withLock { $0 = task }
    }

    deinit {
        sampler.withLock { $0 }?.cancel()
    }

    // MARK: Snapshots

    /// Reads the process and the managers, after so many more operations; returns the snapshot.
    ///
    /// Growth is judged per operation: give every snapshot of a series the number of cycles, connections or calls since
    /// the one before. Throws if the process is gone or may not be read.
    @discardableResult
    public func snapshot(_ label: String, operations: Int = 1) throws(ProcessReadFailure) -> ResourceSnapshot {
        // Before the rest of the reading allocates anything.
        let liveHeap = isOwnProcess ? OwnHeap.current().liveBytes : nil
        let memory = try reader.memory()
        let descriptors = try reader.descriptors()
        let threads = try reader.threads()
        let counts = managers?()
        let elapsed = elapsedSeconds
        let (snapshot, growth) = record.withLock { record -> (ResourceSnapshot, Int) in
            record.operations += operations
            let base = record.firstResidentBytes ?? memory.residentBytes
            let snapshot = ResourceSnapshot(
                label: label, elapsedSeconds: elapsed, operations: record.operations, managers: counts,
                cleanupPercent: counts?.cleanupPercent, residentBytes: memory.residentBytes,
                residentDeltaBytes: memory.residentBytes - base, privateBytes: memory.privateBytes,
                liveHeapBytes: liveHeap, descriptors: descriptors,
                threads: threads)
            record.append(snapshot)
            return (snapshot, record.newMemoryGrowth(beyond: limits.memoryGrowthThresholdBytes, snapshot))
        }
        if growth > 0 {
            note(
                .memoryGrowth, growth > 2 * limits.memoryGrowthThresholdBytes ? .high : .medium,
                "resident memory grew by \(SizeText.format(growth)), beyond "
                    + "\(SizeText.format(limits.memoryGrowthThresholdBytes)), by \"\(label)\"")
        }
        return snapshot
    }

    /// Records managers that remain although everything was cleaned up.
    public func expectCleanedUp(_ label: String) {
        guard let remaining = managers?().active, remaining > limits.managersThatMayRemain else { return }
        note(
            .managersRemain, remaining > 2 * limits.managersThatMayRemain ? .critical : .high,
            "\(remaining) managers remain at \"\(label)\", of at most \(limits.managersThatMayRemain)")
    }

    /// The most managers at any snapshot or sample; 0 without managers.
    public var peakManagers: Int { record.withLock { $0.peaks[.managers] ?? 0 } }

    /// Whether the process could no longer be read.
    public var isLost: Bool { record.withLock { $0.lost != nil } }

    private func samplePeaks() -> Bool {
        let counts = managers?()
        do throws(ProcessReadFailure) {
            let memory = try reader.memory()
            let descriptors = try reader.descriptorCount()
            let threads = try reader.threads()
            record.withLock { record in
                record.backgroundSamples += 1
                record.raise(.residentMemory, memory.residentBytes)
                record.raise(.privateMemory, memory.privateBytes)
                record.raise(.descriptors, descriptors)
                record.raise(.threads, threads)
                if let counts { record.raise(.managers, counts.active) }
            }
            return true
        } catch {
            record.withLock { $0.lost = "\(error)" }
            return false
        }
    }

    // MARK: Timings

    /// Runs and times an operation; longer than `limit` is a violation.
    public func measure<Value, Failure: Error>(
        _ operation: String, limit: Duration? = nil, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let start = ContinuousClock.now
        defer { noteTiming(operation, start.duration(to: .now), limit) }
        return try body()
    }

    /// Runs and times an asynchronous operation; longer than `limit` is a violation.
    public func measure<Value, Failure: Error>(
        _ operation: String, limit: Duration? = nil, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let start = ContinuousClock.now
        defer { noteTiming(operation, start.duration(to: .now), limit) }
        return try await body()
    }

    private func noteTiming(_ operation: String, _ duration: Duration, _ limit: Duration?) {
        let exceededCount = record.withLock { $0.addTiming(operation, duration, limit) }
        guard let limit, duration > limit else { return }
        note(
            .limitExceeded, duration > limit * 2 ? .high : .medium,
            "\(operation) took \(DurationText.format(duration)), longer than \(DurationText.format(limit))",
            isRepeated: exceededCount > Self.loggedRepetitions)
    }

    // MARK: Violations

    /// How often the log reports that one operation exceeds its limit; after that only at level `debug`.
    private static let loggedRepetitions = 3

    /// Records and logs a violation.
    public func note(_ kind: LeakViolation.Kind, _ severity: LeakViolation.Severity, _ detail: String) {
        note(kind, severity, detail, isRepeated: false)
    }

    private func note(
        _ kind: LeakViolation.Kind, _ severity: LeakViolation.Severity, _ detail: String, isRepeated: Bool
    ) {
        let violation = LeakViolation(
            kind: kind, severity: severity, detail: detail, elapsedSeconds: elapsedSeconds)
        record.withLock { $0.append(violation) }
        logger.log(level: isRepeated ? .debug : severity.level, "\(violation)")
    }

    /// The violations so far.
    public var violations: [LeakViolation] { record.withLock { $0.violations } }

    // MARK: The end

    /// How each resource has developed so far.
    public var growth: [GrowthAnalysis] {
        record.withLock { $0.growth(limits) }
    }

    /// Ends the background sampler, records what has grown or peaked, and returns all that was recorded.
    public func finish() -> LeakSummary {
        sampler.withLock { $0.take() }?.cancel()
        let all = growth
        for growth in all {
            if growth.verdict == .leak, let perOperation = growth.perOperation {
                let text = "each operation leaves \((perOperation * 1000).rounded() / 1000) \(growth.resource.unit)"
                if let excuse = Self.excuse(growth, all) {
                    note(.memoryGrowth, .medium, "\(text), \(excuse)")
                } else {
                    note(growth.resource.isMemory ? .memoryGrowth : .resourceGrowth, .critical, text)
                }
            }
            if growth.resource == .residentMemory, growth.peakBeyondThreshold, !growth.leakSuspected {
                note(.memoryPeak, .medium, "resident memory was \(SizeText.format(growth.peak)) higher in between")
            }
        }
        let elapsed = elapsedSeconds
        return record.withLock { $0.summary(limits, durationSeconds: elapsed) }
    }

    /// Why growth of pages is no leak, if the exact gauge of what is in use was read and does not grow.
    static func excuse(_ growth: GrowthAnalysis, _ all: [GrowthAnalysis]) -> String? {
        guard [.residentMemory, .privateMemory].contains(growth.resource),
            let heap = all.first(where: { $0.resource == .liveHeap }), heap.verdict == .clean
        else { return nil }
        return "which is no loss: the live heap does not grow, the allocator keeps pages for later"
    }

    private var elapsedSeconds: Double { begun.duration(to: .now).inSeconds }
}

extension LeakViolation.Severity {
    fileprivate var level: Logger.Level {
        switch self {
        case .critical: .critical
        case .high: .error
        case .medium: .warning
        }
    }
}

extension TrackedResource {
    fileprivate var unit: String {
        switch self {
        case .managers: "managers"
        case .descriptors: "descriptors"
        case .threads: "threads"
        case .residentMemory: "bytes of resident memory"
        case .privateMemory: "bytes of private memory"
        case .liveHeap: "bytes of live heap"
        }
    }
}
