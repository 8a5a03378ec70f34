import Lifecycles

extension LeakCheck {
    /// Looks for the causes of what leaks in a check that was recorded: the plan's target takes those lifecycles again.
    ///
    /// - Parameters:
    ///   - record: A check of this plan's target.
    ///   - rows: Labels of the rows to explain, such as `fin`; none for an example of each group of rows that leak alike, three
    ///     at most.
    ///
    /// Returns what the record came to, with an explanation for each of those rows; no verdict is changed. One that is cancelled
    /// has those that were found until then. Throws `NothingToExplain` where such a row does not leak, `TargetFailure` where the
    /// target cannot be started or driven, and `CancellationError` where there was no time for that.
    public func explain(_ record: CheckRecord, rows: [String] = []) async throws -> CheckResult {
        var result = record.recorded
        let chosen = try ExplanationPlan.rows(of: result, named: rows)
        var plan = plan
        plan.lifecycles = chosen.map { result.rows[$0].lifecycle }
        plan.compression = .off
        plan.explain = .always
        // Known already: nothing is watched for it.
        plan.hold = plan.hold ?? .zero
        let holds = record.header.rows.compactMap { record.measurement($0) }.map { ($0.lifecycle.label, $0.hold) }
        try await withRun(of: plan) { run in
            try await run.explain(chosen, ofRecorded: &result, holds: Dictionary(holds) { $1 })
        }
        return result
    }

    /// Why no cause can be looked for.
    public enum NothingToExplain: Error, Hashable, Sendable {
        /// No row of the record leaks.
        case noLeak
        /// All that leaks is gone once the peers have left.
        case onlyWhilePeersStay
        /// The record has no such row.
        case noRow(String)
        /// That row does not leak.
        case notLeaking(String)
    }
}
