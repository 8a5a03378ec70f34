import HeapProbes
import Lifecycles
import Logging
import Sockets

/// The processes that take the rows.
extension CheckRun {
    func endTargets() async {
        upcoming?.start.cancel()
        if let started = await upcoming?.start.result { retired += [try? started.get()].compactMap { $0 } }
        let targets = rows.compactMap(\.target) + [sharedTarget].compactMap { $0 } + retired
        for target in targets {
            await target.probes.close()
            target.askToEnd()
        }
        for target in targets { target.end() }
    }

    var isolation: CheckResult.Isolation { usesOneProcess ? .sharedProcess : .processPerLifecycle }

    /// Whether all lifecycles share a process: one that ran before, or a command that always takes the same port.
    var usesOneProcess: Bool {
        guard case .command(let words) = plan.subject else { return true }
        return !(words + [plan.url]).contains { $0.contains("{port}") }
    }

    private static func starting(_ plan: CheckPlan) -> Task<Target, any Error> {
        Task { try await newTarget(plan) }
    }

    static func newTarget(_ plan: CheckPlan) async throws -> Target {
        let target =
            switch plan.subject {
            case .command(let words):
                try await Target.start(
                    words, url: plan.url, limit: plan.startLimit,
                    setting: plan.heap.reduce(into: [:]) { $0.merge($1.environment) { $1 } })
            case .running(let pids): try await Target.running(pids: pids, url: plan.url)
            case .group(let group): try await Target.running(in: group, url: plan.url)
            }
        await target.openProbes(plan.heap)
        return target
    }

    /// Starts the process of a row that will be driven next.
    func startAhead(_ row: RowRun) {
        guard !usesOneProcess, row.target == nil, upcoming == nil else { return }
        upcoming = (row, Self.starting(plan))
    }

    func target(of row: RowRun) async throws -> Target {
        if let sharedTarget { return sharedTarget }
        if let target = row.target { return target }
        let target: Target
        if let upcoming, upcoming.row === row {
            self.upcoming = nil
            let start = upcoming.start
            target = try await withTaskCancellationHandler {
                try await start.value
            } onCancel: {
                start.cancel()
            }
        } else {
            target = try await Self.newTarget(plan)
        }
        logger.info("started \(target.pids.map(String.init).joined(separator: ", ")) for \(row.lifecycle.label)")
        row.target = target
        return target
    }

    /// Asks a process that has served its purpose to end, and does not wait for that.
    func retire(_ row: RowRun) async {
        guard let target = row.target else { return }
        await target.probes.close()
        target.askToEnd()
        retired.append(target)
        row.target = nil
    }

    func script(for target: Target) -> PeerScript {
        var script = PeerScript(url: target.url, address: target.address)
        if let target = plan.target { script.target = target }
        script.fields = plan.fields
        script.firstMessage = plan.firstMessage
        script.closingMessage = plan.closingMessage
        script.subprotocols = plan.subprotocols
        script.origin = plan.origin
        script.expectsReply = expectsReply
        return script
    }
}
