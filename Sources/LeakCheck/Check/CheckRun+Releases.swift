import Lifecycles
import SystemCalls
import Targets

/// Peers that stay after the end of their connections: does the target let go of them?
extension CheckRun {
    /// Rows whose peers do so.
    private var releasedLifecycles: [Lifecycle] { rows.map(\.lifecycle).filter(\.mustBeReleased) }

    /// Has such peers held by a process of its own, beside the rows.
    func watchReleases() {
        let lifecycles = releasedLifecycles
        guard isPolite, !plan.usesOneProcess, !lifecycles.isEmpty else { return }
        releaseWatch = ReleaseWatch(plan, lifecycles) { [plan, expectsReply] in
            Self.script(plan, $0, expectsReply: expectsReply)
        }
    }

    /// What became of such peers of a row; nil where it could not be seen.
    ///
    /// A process that takes all rows holds those of all of them at once, when the first such row is over.
    func heldPeers(of row: Int, _ target: Target) async -> CheckResult.HeldPeers? {
        guard isPolite, rows[row].stall == nil, rows[row].failure == nil else { return nil }
        if heldPeers == nil {
            let began = MonotonicTime.now
            let watch = releaseWatch.take() ?? ReleaseWatch(target, releasedLifecycles, script(for: target))
            heldPeers = await watch.end(at: plan.isBudgetFixed ? schedule.budgetEnd : .never)
            timeSpent.waitingSeconds += began.elapsed.inSeconds
        }
        return heldPeers?[rows[row].lifecycle.label]
    }
}
