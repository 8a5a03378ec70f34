import HeapProbes
import Lifecycles
import Logging
package import ProcessResources
import SystemCalls
package import Targets

/// The processes that take the rows of a check: one for each row, or one for all.
final class RowTargets {
    private let plan: CheckPlan
    private let logger: Logger
    /// The process that takes every row, where they share one.
    private var shared: Target?
    /// The process of each row that has one.
    private var own: [Int: Target] = [:]
    /// Processes that start while other rows are driven.
    private var upcoming: [Int: Task<(Target, Duration), any Error>] = [:]
    /// Processes that have served their purpose and were asked to end.
    private var retired: [Target] = []
    /// How long the last start took.
    private(set) var startTime = Duration.zero

    init(_ plan: CheckPlan, logger: Logger) {
        self.plan = plan
        self.logger = logger
    }

    /// Starts the first process, which takes the row at `row`.
    func first(for row: Int) async throws -> Target {
        let (target, took) = try await Self.started(plan)
        startTime = took
        if plan.usesOneProcess { shared = target } else { own[row] = target }
        return target
    }

    /// The process that takes the row at `row`; started where there is none.
    func target(of row: Int) async throws -> Target {
        if let target = shared ?? own[row] { return target }
        let start = upcoming.removeValue(forKey: row) ?? Self.starting(plan)
        let (target, took) = try await withTaskCancellationHandler {
            try await start.value
        } onCancel: {
            start.cancel()
        }
        startTime = took
        logger.info("started \(target.pids.map(String.init).joined(separator: ", "))")
        own[row] = target
        return target
    }

    /// The process of a row that has been driven.
    func existing(_ row: Int) -> Target? { shared ?? own[row] }

    /// Starts processes for rows that will be driven next.
    func startAhead(_ rows: [Int]) {
        guard !plan.usesOneProcess else { return }
        for row in rows where own[row] == nil && upcoming[row] == nil { upcoming[row] = Self.starting(plan) }
    }

    /// Asks the process of a row to end, and does not wait for that.
    func retire(_ row: Int) async {
        guard let target = own.removeValue(forKey: row) else { return }
        await target.probes.close()
        await target.allocators.close()
        target.terminate()
        retired.append(target)
    }

    /// Ends every process that was started.
    func endAll() async {
        for start in upcoming.values { start.cancel() }
        for start in upcoming.values {
            if case .success(let (target, _)) = await start.result { retired.append(target) }
        }
        let targets = Array(own.values) + [shared].compactMap { $0 } + retired
        for target in targets {
            await target.probes.close()
            target.terminate()
        }
        for target in targets { target.end() }
        (upcoming, own, shared, retired) = ([:], [:], nil, [])
    }

    private static func starting(_ plan: CheckPlan) -> Task<(Target, Duration), any Error> {
        Task { try await started(plan) }
    }

    private static func started(_ plan: CheckPlan) async throws -> (Target, Duration) {
        let began = MonotonicTime.now
        let target = try await Target.forPlan(plan)
        await target.openProbes(plan.heap)
        return (target, began.elapsed)
    }
}

extension Target {
    /// A process as `plan` wants it: one that is started, or those that run. One of `explained` that is started for its causes is
    /// told to keep what they are found in.
    package static func forPlan(_ plan: CheckPlan, explained: Runtime? = nil) async throws -> Target {
        let environments =
            (explained.map { [HeapSpecification.environmentForCauses(of: $0)] } ?? []) + plan.heap.map(\.environment)
        return switch plan.subject {
        case .command(let words):
            try await Target.start(
                words, url: plan.url, limit: plan.startLimit,
                environment: environments.reduce(into: [:]) { $0.merge($1) { $1 } })
        case .running(let pids): try await Target.running(pids: pids, url: plan.url)
        case .group(let group): try await Target.running(in: group, url: plan.url)
        }
    }
}

extension CheckPlan {
    /// Whether all lifecycles share a process: one that ran before, or a command that always takes the same port.
    package var usesOneProcess: Bool {
        guard case .command(let words) = subject else { return true }
        return !(words + [url]).contains { $0.contains("{port}") }
    }
}
