import Causes
import LeakCheck
import LeakStatistics
import Lifecycles

/// Rows that leak the same, in words: once for all of them, with one as the example.
struct LeakGroupText {
    private let result: CheckResult
    private let group: LeakGroup
    /// Whether the causes of the example's leak are told here, and not with another of its leaks.
    private let tellsCauses: Bool

    /// The words for `group`, which is one of `result`.
    init(_ group: LeakGroup, _ result: CheckResult, tellsCauses: Bool) {
        self.group = group
        self.tellsCauses = tellsCauses
        self.result = result
    }

    /// The rows, with their places in the result.
    var rows: [(index: Int, row: CheckResult.Row)] { group.rows.map { ($0, result.rows[$0]) } }

    /// The first of the rows, the most common one.
    var example: CheckResult.Row { result.rows[group.rows[0]] }

    /// The findings of the example, each with its words.
    var findings: [(finding: CheckResult.Finding, text: FindingText)] {
        group.leaks.compactMap { leak in
            example.resources.first { $0.resource == leak.resource }.map { ($0, FindingText(result, example, $0)) }
        }
    }

    /// What causes the leak of the example, a line each; empty where that was not looked for, or is told elsewhere.
    var causes: [String] {
        guard tellsCauses, let explanation = example.explanation else { return [] }
        return CauseText(explanation.worded).lines
    }

    /// The causes themselves, as many as are told.
    var shownCauses: [Cause] {
        tellsCauses ? example.explanation.map { CauseText($0).shown } ?? [] : []
    }

    /// The line to look at; nil where it is not known.
    var location: CodeLocation? { example.explanation?.causes.lazy.compactMap(\.location).first }

    /// Whether all of it is accepted.
    var isKnown: Bool { findings.allSatisfy { $0.finding.knownLeak != nil } }

    /// What several rows leak, `20 lifecycles leave the same: 7.4 KiB of live heap per connection`; nil for one row.
    var summary: String? {
        group.rows.count == 1
            ? nil
            : "\(group.rows.count) lifecycles leave the same: \(group.leaks.map(\.words).joined(separator: " and ")) "
                + "per connection"
    }

    /// The labels of the rows.
    var names: String { rows.map(\.row.lifecycle.label).joined(separator: ", ") }

    /// The resources in prose.
    var resources: String { group.leaks.map(\.resource.words).joined(separator: ", ") }

    /// What stands for the rows in a title.
    var subject: String { group.rows.count == 1 ? example.lifecycle.label : "\(group.rows.count) lifecycles" }
}

extension CheckResult {
    /// The leaks, each once for all rows that have the same.
    var leakGroupTexts: [LeakGroupText] {
        var told: Set<Int> = []
        return leakGroups.map { LeakGroupText($0, self, tellsCauses: told.insert($0.rows[0]).inserted) }
    }
}
