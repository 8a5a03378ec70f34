public import Remedies

/// Takes snapshots of what a target holds.
///
/// One probe belongs to one target. It is used by one task at a time.
public protocol CauseProbe: Sendable {
    /// Where its snapshots come from, in words, for the report.
    var source: String { get }
    /// Collects garbage where the target has a collector, and says what is left.
    func snapshot() async throws(Explanation.Failure) -> CauseSnapshot
    /// Says of the causes that were found what is too slow to be said of all that a snapshot holds, such as the names of
    /// functions.
    func refined(_ causes: [Cause]) async -> [Cause]
    /// What the causes lack, and what to do about it; nil where nothing is missing.
    var note: Problem? { get }
    /// Lets go of the target; no snapshot may follow.
    func close() async
}

extension CauseProbe {
    /// The causes as they are.
    public func refined(_ causes: [Cause]) async -> [Cause] { causes }
    /// Nothing is missing.
    public var note: Problem? { nil }
}
