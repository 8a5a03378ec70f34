/// Takes snapshots of what a target holds.
///
/// One probe belongs to one target. It is used by one task at a time.
public protocol CauseProbe: Sendable {
    /// Where its snapshots come from, in words, for the report.
    var source: String { get }
    /// Collects garbage where the target has a collector, and says what is left.
    func snapshot() async throws(Explanation.Failure) -> CauseSnapshot
    /// Lets go of the target; no snapshot may follow.
    func close() async
}
