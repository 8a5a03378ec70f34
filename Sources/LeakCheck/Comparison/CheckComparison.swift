public import LeakStatistics
import Lifecycles

/// What two checks of a server say of a row and a resource, and how they differ.
///
/// Both are estimates, so that no difference within their errors counts: the interval of the difference is that of two
/// independent estimates, the root of the sum of the squares of their halves.
public struct CheckComparison: Hashable, Sendable {
    /// What one check found.
    public struct Finding: Hashable, Sendable {
        /// The label of the row.
        public var lifecycle: String
        /// The resource.
        public var resource: Resource
        /// The verdict.
        public var verdict: Verdict
        /// How much one connection leaves behind; nil when nothing could be measured.
        public var perConnection: Double?
        /// The 99% confidence interval of that amount.
        public var interval: ClosedRange<Double>?
        /// The smallest leak per connection that the check would have seen.
        public var smallestDetectable: Double?
        /// Whether the leak is accepted.
        public var isKnown: Bool

        /// A finding.
        public init(
            lifecycle: String, resource: Resource, verdict: Verdict, perConnection: Double? = nil,
            interval: ClosedRange<Double>? = nil, smallestDetectable: Double? = nil, isKnown: Bool = false
        ) {
            self.lifecycle = lifecycle
            self.resource = resource
            self.verdict = verdict
            self.perConnection = perConnection
            self.interval = interval
            self.smallestDetectable = smallestDetectable
            self.isKnown = isKnown
        }
    }

    /// How a row and a resource have changed.
    public enum Change: String, Hashable, Sendable, Codable, CaseIterable {
        /// A leak where there was none, or where nothing was known.
        case new
        /// A leak that has become larger by more than a tenth, beyond the errors of both.
        case grown
        /// A leak that has become smaller by more than a tenth, beyond the errors of both.
        case shrunk
        /// No leak where there was one.
        case gone
        /// What was decided before is not now.
        case undecided
        /// A leak, as large as before within the errors.
        case same
        /// Neither leaks, or neither is decided.
        case nothing
        /// The later check did not drive the row, or did not read the resource.
        case notChecked
    }

    /// One row and resource.
    public struct Entry: Hashable, Sendable {
        /// The label of the row.
        public var lifecycle: String
        /// The resource.
        public var resource: Resource
        /// What the first check found; nil where it did not look.
        public var before: Finding?
        /// What the second found; nil where it did not look.
        public var after: Finding?
        /// How they differ.
        public var change: Change
    }

    /// Every row and resource of both, in the order of the later check.
    public var entries: [Entry]

    /// Compares what was found `before` and `after`.
    public init(before: [Finding], after: [Finding]) {
        struct Key: Hashable {
            var lifecycle: String
            var resource: Resource
        }
        func key(_ finding: Finding) -> Key { Key(lifecycle: finding.lifecycle, resource: finding.resource) }
        let first = Dictionary(before.map { (key($0), $0) }) { own, _ in own }
        let second = Set(after.map(key))
        entries =
            after.map { finding in
                let before = first[key(finding)]
                return Entry(
                    lifecycle: finding.lifecycle, resource: finding.resource, before: before, after: finding,
                    change: Self.change(from: before, to: finding))
            }
            + before.filter { !second.contains(key($0)) }.map {
                Entry(lifecycle: $0.lifecycle, resource: $0.resource, before: $0, after: nil, change: .notChecked)
            }
    }

    /// The verdict of the comparison: a leak where one is new or has grown, inconclusive where something is no longer
    /// decided, else clean.
    public var verdict: Verdict {
        if entries.contains(where: { ($0.change == .new || $0.change == .grown) && $0.after?.isKnown != true }) {
            return .leak
        }
        return entries.contains { $0.change == .undecided } ? .inconclusive : .clean
    }

    private static func change(from before: Finding?, to after: Finding) -> Change {
        switch (before?.verdict, after.verdict) {
        case (.leak, .leak): size(from: before, to: after)
        case (_, .leak): .new
        case (.leak, .clean): .gone
        case (.leak, .inconclusive), (.clean, .inconclusive): .undecided
        default: .nothing
        }
    }

    /// A difference that matters, as a share of what it was before.
    private static let leastShare = 0.1

    private static func size(from before: Finding?, to after: Finding) -> Change {
        guard let first = before?.perConnection, let second = after.perConnection else { return .same }
        func half(_ finding: Finding?) -> Double {
            finding?.interval.map { ($0.upperBound - $0.lowerBound) / 2 } ?? 0
        }
        let error = (half(before) * half(before) + half(after) * half(after)).squareRoot()
        let difference = second - first
        guard abs(difference) - error > leastShare * abs(first) else { return .same }
        return difference > 0 ? .grown : .shrunk
    }
}

extension CheckResult {
    /// What it found, row by row and resource by resource.
    public var comparedFindings: [CheckComparison.Finding] {
        rows.flatMap { row in
            row.resources.map { finding in
                CheckComparison.Finding(
                    lifecycle: row.lifecycle.label, resource: finding.resource, verdict: finding.verdict,
                    perConnection: finding.perConnection, interval: finding.interval,
                    smallestDetectable: finding.smallestDetectable, isKnown: finding.knownLeak != nil)
            }
        }
    }
}
