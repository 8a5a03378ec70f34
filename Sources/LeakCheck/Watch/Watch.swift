package import ProcessResources
import Remedies
import SystemCalls
import Targets

/// One watch: reads a target's processes at an interval while others drive it.
///
/// It makes no connection and stops no process, unless it is to read the heap, which the target is made to collect. What it
/// keeps is bounded, however long it goes on.
public struct Watch: Sendable {
    /// What is going on, after each sample.
    public struct Progress: Sendable {
        /// What the record begins with.
        public var header: CheckRecord.Header
        /// The processes that were read.
        public var processes: Int
        /// The sample just taken.
        public var sample: CheckResult.Sample
        /// All that was seen so far.
        public var state: WatchState
        /// For how many seconds the oldest socket in each state has been in it.
        package var oldestSockets: [TCPState: Double] = [:]
        /// What the last readings of the heap took together, in seconds; nil where none is read.
        package var heapReadingSeconds: Double?
    }

    private let plan: WatchPlan
    private let progress: @Sendable (Progress) -> Void
    private let record: @Sendable (CheckRecord.Entry) -> Void

    /// A watch of `plan`; `progress` is called after each sample, `record` for everything that is learned, in order.
    public init(
        _ plan: WatchPlan, progress: @escaping @Sendable (Progress) -> Void = { _ in },
        record: @escaping @Sendable (CheckRecord.Entry) -> Void = { _ in }
    ) {
        self.plan = plan
        self.progress = progress
        self.record = record
    }

    /// Watches until the time is over, the task is cancelled or the target is gone, and returns what was seen.
    ///
    /// Throws `TargetFailure` when it cannot begin.
    public func run() async throws -> WatchResult {
        let start = MonotonicTime.now
        let facts = CheckRecord.Watch(
            intervalSeconds: plan.interval.inSeconds, durationSeconds: plan.duration?.inSeconds)
        var course = try await begun(facts)
        record(.header(course.header))
        var lost: Problem?
        do {
            try await Self.pace(plan, from: start) { try await sample(&course, at: $0) }
        } catch let failure as ProcessReadFailure {
            lost = "\(failure)"
        } catch is CancellationError {
            // The ordinary end of a watch.
        }
        await course.heap.close()
        var result = WatchResult(course.header, facts, course.state)
        result.doubt(unread: course.unread)
        result.targetLost = lost
        if let evidence = course.ages.evidence(at: start.elapsed.inSeconds) { result.doubtDescriptors(evidence) }
        record(.end(CheckRecord.End(result)))
        return result
    }

    /// What is read, and what came of it so far.
    private struct Course {
        var subject: WatchSubject
        let header: CheckRecord.Header
        let heap: WatchHeap
        var state = WatchState()
        var ages = SocketAges()
        var unread: [String: Problem] = [:]
    }

    /// Finds the target, and what is read of it; throws `TargetFailure`.
    private func begun(_ facts: CheckRecord.Watch) async throws(TargetFailure) -> Course {
        do {
            var subject = try WatchSubject(plan.subject)
            var header = CheckRecord.Header(
                watch: facts, startedAt: UTCTime.now, target: subject.description, runtime: "\(subject.runtime)",
                usesTracingGC: subject.runtime.runtime.collectsLazily)
            header.descriptorLimit = subject.descriptorLimit
            // What cannot be read even once cannot be watched.
            try subject.requireReadable()
            // Before the first sample: some probes cost the target a thread or a descriptor from then on.
            let heap = try await WatchHeap(plan.heap, share: plan.heapShare, of: subject)
            header.notes += heap.notes
            if !heap.sources.isEmpty { header.probes = heap.sources }
            return Course(subject: subject, header: header, heap: heap)
        } catch {
            throw error as? TargetFailure ?? TargetFailure.unreachable("\(error)")
        }
    }

    /// Reads everything once; throws `ProcessReadFailure` where the target is gone, and `CancellationError`.
    private func sample(_ course: inout Course, at seconds: Double) async throws {
        let heap = course.heap
        var sample = try course.subject.sample(at: seconds)
        if !heap.sources.isEmpty {
            sample.probed = await heap.levels(first: course.state.samples == 0)
            // What fails because the watch ends is no failure.
            try Task.checkCancellation()
            course.unread = await heap.unread
        }
        course.state.add(sample)
        record(.sample(sample))
        var now = Progress(
            header: course.header, processes: course.subject.processes, sample: sample, state: course.state)
        // The states are read at some of the samples only.
        if sample.tcpStates != nil { course.ages.update(try course.subject.tcpSockets(), at: seconds) }
        now.oldestSockets = course.ages.oldest(at: seconds)
        if !heap.sources.isEmpty { now.heapReadingSeconds = await heap.costSeconds }
        progress(now)
    }

    /// Calls `body` at each interval, with the seconds since `start`; a call that comes too late is left out.
    private static func pace(
        _ plan: WatchPlan, from start: MonotonicTime, _ body: (Double) async throws -> Void
    ) async throws {
        let end = plan.duration.map { MonotonicTime.now + $0 } ?? .never
        var due = MonotonicTime.now
        while true {
            try Task.checkCancellation()
            try await body(start.elapsed.inSeconds)
            due = due + plan.interval
            if due < .now { due = .now + plan.interval }
            // The last sample belongs to the end, also where the interval does not divide the time.
            if due > end {
                guard MonotonicTime.now < end else { return }
                due = end
            }
            try await Task.sleep(for: due - .now)
        }
    }
}
