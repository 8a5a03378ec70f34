public import LeakStatistics
import Lifecycles
import Remedies

/// A leak that is accepted for a time: it is reported, and does not fail a check.
public struct KnownLeak: Hashable, Sendable, Codable {
    /// The label of the row, compression included: `fin`, `fin+deflate`.
    public var lifecycle: String
    /// The resource that leaks.
    public var resource: Resource
    /// How much one connection may leave behind, in the resource's unit.
    public var perConnection: Double
    /// Why it is accepted.
    public var reason: String
    /// The last day on which it is.
    public var expires: CalendarDay
    /// What is left, and by whom: a leak of another cause is not accepted. Nil for whatever leaks as much.
    public var cause: KnownCause?

    /// An accepted leak.
    public init(
        lifecycle: String, resource: Resource, perConnection: Double, reason: String, expires: CalendarDay,
        cause: KnownCause? = nil
    ) {
        self.lifecycle = lifecycle
        self.resource = resource
        self.perConnection = perConnection
        self.reason = reason
        self.expires = expires
        self.cause = cause
    }

    /// An amount that is allowed for good: what a server may keep of each connection, so that no finding makes it news.
    public static func allowance(of perConnection: Double, _ resource: Resource, lifecycle: String) -> KnownLeak {
        KnownLeak(
            lifecycle: lifecycle, resource: resource, perConnection: perConnection, reason: "allowed", expires: .last)
    }

    /// Whether it was allowed for good, not accepted for a time.
    public var isAllowance: Bool { expires == .last }

    /// How long a leak is accepted that was written down and not yet looked into.
    static let firstTerm = 90
}

extension CheckResult {
    /// The verdict over every row, known leaks left out of account.
    public var verdictBesideKnown: Verdict {
        Verdict.overall(rows.flatMap { $0.resources.map { $0.knownLeak == nil ? $0.verdict : .clean } })
    }

    /// Marks the leaks that `entries` accept, and says of each entry that has expired, was outgrown or is gone.
    ///
    /// A leak has grown beyond its entry when its whole interval lies above the entry's amount: chance alone makes the mean
    /// of one run a little more than that of another.
    package mutating func mark(_ entries: [KnownLeak]) {
        for entry in entries where !entry.isAllowance && !resources.contains(entry.resource) {
            let read = resources.map(\.rawValue).joined(separator: ", ")
            let note: Problem =
                "the known leak of \(entry.resource.rawValue) under \(entry.lifecycle) is of nothing that was read: \(read)"
            if !notes.contains(note) { notes.append(note) }
        }
        for row in rows.indices {
            for index in rows[row].resources.indices {
                let finding = rows[row].resources[index]
                guard let entry = entries.first(where: { $0.covers(rows[row], finding) }) else { continue }
                switch finding.verdict {
                case .leak:
                    rows[row].resources[index].apply(entry, unless: entry.objection(to: finding, on: day))
                case .clean:
                    guard !entry.isAllowance, let bound = finding.smallestDetectable, bound <= entry.perConnection
                    else { continue }
                    let note: Problem =
                        "the known leak of \(finding.resource.rawValue) under \(entry.lifecycle) is gone: remove its entry"
                    // The record of a check that has said so brings the note along.
                    if !notes.contains(note) { notes.append(note) }
                case .inconclusive: continue
                }
            }
        }
        requireKnownCauses()
    }

    /// Entries for the leaks of this check; what `entries` says of them and of rows that were not judged is kept.
    public func knownLeaks(keeping entries: [KnownLeak]) -> [KnownLeak] {
        let entries = entries.filter { !$0.isAllowance }
        var present = entries.filter { entry in
            let finding = rows.lazy.flatMap { row in row.resources.filter { entry.covers(row, $0) } }.first
            return finding.map { $0.verdict == .inconclusive } ?? true
        }
        for (index, row) in rows.enumerated() {
            for finding in row.resources where finding.verdict == .leak && finding.knownLeak?.isAllowance != true {
                guard let amount = finding.interval?.upperBound ?? finding.perConnection else { continue }
                let old = entries.first { $0.covers(row, finding) }
                let isAccepted = finding.knownLeak != nil
                present.append(
                    KnownLeak(
                        lifecycle: row.lifecycle.label, resource: finding.resource,
                        perConnection: isAccepted ? old?.perConnection ?? amount : amount,
                        reason: old?.reason ?? "not looked into yet",
                        expires: isAccepted ? old?.expires ?? newTerm : newTerm,
                        cause: isAccepted ? old?.cause : knownCause(ofRow: index)))
            }
        }
        return present
    }

    /// The day on which the check was begun.
    private var day: CalendarDay { CalendarDay(String(startedAt.prefix(10))) ?? CalendarDay("1970-01-01")! }

    private var newTerm: CalendarDay { day.advanced(by: KnownLeak.firstTerm) }
}

extension KnownLeak {
    fileprivate func covers(_ row: CheckResult.Row, _ finding: CheckResult.Finding) -> Bool {
        row.lifecycle.label == lifecycle && finding.resource == resource
    }

    /// Why an entry does not accept a leak of its row and resource.
    public enum Objection: String, Hashable, Sendable, Codable {
        /// It has grown beyond the entry's amount.
        case grown
        /// The entry's last day is over.
        case expired
        /// It has another cause than the entry's.
        case otherCause
    }

    /// Why the entry does not accept this leak; nil where it does.
    fileprivate func objection(to finding: CheckResult.Finding, on day: CalendarDay) -> Objection? {
        let least = finding.interval?.lowerBound ?? finding.perConnection ?? .infinity
        return least > perConnection ? .grown : day > expires ? .expired : nil
    }
}

extension CheckResult.Finding {
    /// Notes that `entry` accepts the leak, or with which `objection` it does not.
    mutating func apply(_ entry: KnownLeak, unless objection: KnownLeak.Objection?) {
        knownLeak = objection == nil ? entry : nil
        outdatedKnownLeak = objection == nil ? nil : entry
        self.objection = objection
    }
}
