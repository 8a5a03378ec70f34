import Lifecycles
import Remedies
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

    /// Notes what became of such peers, once all rows are over: they stayed beside them, or where one process takes all rows are
    /// held now, those of all rows at once.
    func noteReleases() async throws {
        let asked = rows.indices.filter {
            rows[$0].lifecycle.mustBeReleased && !rows[$0].samples.isEmpty && !rows[$0].isInapplicable
        }
        let judged = asked.filter { isPolite && rows[$0].stall == nil && rows[$0].failure == nil }
        if let first = judged.first, let watch = releaseWatch.take() ?? ownReleaseWatch(first) {
            let began = MonotonicTime.now
            let held = await watch.end(at: plan.isBudgetFixed ? schedule.budgetEnd : .never)
            timeSpent.waitingSeconds += began.elapsed.inSeconds
            for row in judged { note(held[rows[row].lifecycle.label], of: row) }
        }
        for row in asked {
            record(.row(CheckRecord.RowFacts(rows[row])))
            tellFinished(row)
        }
        try Task.checkCancellation()
    }

    /// Notes what became of the peers of a row, or that it was not seen.
    private func note(_ held: CheckResult.HeldPeers?, of row: Int) {
        if let held, held.peers > 0 {
            rows[row].held = held
        } else {
            notes.append(
                "\(rows[row].lifecycle.label): it was not seen whether the target lets go of peers that stay after the end of their "
                    + "connections")
        }
    }

    /// Has such peers held by the process that takes all rows; nil where each has its own.
    private func ownReleaseWatch(_ row: Int) -> ReleaseWatch? {
        guard plan.usesOneProcess, let target = targets.existing(row) else { return nil }
        return ReleaseWatch(target, releasedLifecycles, script(for: target))
    }
}
