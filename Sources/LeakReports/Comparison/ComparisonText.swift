public import LeakCheck
import LeakStatistics

/// How two checks differ, in words.
public struct ComparisonText {
    private let comparison: CheckComparison
    private let before: String
    private let after: String

    /// The words for `comparison` of checks whose targets were `before` and `after`.
    public init(_ comparison: CheckComparison, before: String, after: String) {
        self.comparison = comparison
        self.before = before
        self.after = after
    }

    /// What has changed, one line each, then the conclusion; ends with a newline.
    public func render() -> String {
        var lines = targets.map { "\($0.name)  \($0.value)" }
        if !lines.isEmpty { lines.append("") }
        let rows = changes.map { entry in [entry.word, entry.label, entry.sides] }
        lines += TextTable.lines(rows)
        if !rows.isEmpty { lines.append("") }
        lines.append(conclusion)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The same as GitHub-flavoured Markdown, for a comment on a change; ends with a newline.
    ///
    /// It begins with a mark that does not show, by which a job finds its comment again.
    public func markdown() -> String {
        var blocks = [
            "<!-- watertight compare -->\n## \(comparison.verdict.mark) Watertight: \(MarkupText.markdown(conclusion))"
        ]
        let rows = changes.map { entry in [entry.word, entry.label, entry.sides].map(MarkupText.markdown) }
        if !rows.isEmpty {
            blocks.append(
                MarkupText.markdownTable(
                    ["", "lifecycle, resource", "before, after"], ["---", "---", "---"], rows))
        }
        blocks += targets.map { "- \($0.name): \(MarkupText.markdown($0.value))" }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    /// Both targets, where they are not the same.
    private var targets: [(name: String, value: String)] {
        before == after ? [] : [("before", before), ("after ", after)]
    }

    /// What there is to say, the worst first.
    private var changes: [(word: String, label: String, sides: String)] {
        CheckComparison.Change.allCases.filter { $0 != .nothing && $0 != .notChecked }.flatMap { change in
            comparison.entries.filter { $0.change == change }.map { entry in
                let word = entry.after?.isKnown == true ? "\(change.word), known" : change.word
                return (word, "\(entry.lifecycle), \(entry.resource.rawValue)", sides(entry))
            }
        }
    }

    private func sides(_ entry: CheckComparison.Entry) -> String {
        "\(words(entry.before)) -> \(words(entry.after))\(doubt(entry))"
    }

    private func words(_ finding: CheckComparison.Finding?) -> String {
        guard let finding else { return "not checked" }
        switch finding.verdict {
        case .leak:
            guard let amount = finding.perConnection else { return "leak" }
            let interval = finding.interval.map { " (\(Amount.range($0, finding.resource)))" } ?? ""
            return "leak \(Amount.text(amount, finding.resource))\(interval)"
        case .clean:
            return finding.smallestDetectable.map { "clean < \(Amount.bound($0, finding.resource))" } ?? "clean"
        case .inconclusive: return "inconclusive"
        }
    }

    /// A new leak that the check before could not have seen may be an old one.
    private func doubt(_ entry: CheckComparison.Entry) -> String {
        guard entry.change == .new, let bound = entry.before?.smallestDetectable, entry.before?.verdict == .clean,
            let amount = entry.after?.perConnection, amount < bound
        else { return "" }
        return ", which the check before would not have seen"
    }

    private var conclusion: String {
        func count(_ changes: CheckComparison.Change...) -> Int {
            comparison.entries.count { changes.contains($0.change) && $0.after?.isKnown != true }
        }
        let rows = Set(comparison.entries.filter { $0.after != nil }.map(\.lifecycle)).count
        let worse = [(count(.new), "new"), (count(.grown), "grown")].filter { $0.0 > 0 }
        let better = [(count(.gone), "gone"), (count(.shrunk), "shrunk"), (count(.same), "as before")].filter {
            $0.0 > 0
        }
        let dropped = Set(
            comparison.entries.filter { entry in
                entry.change == .notChecked
                    && !comparison.entries.contains { $0.lifecycle == entry.lifecycle && $0.after != nil }
            }.map(\.lifecycle)
        ).count
        var words = (worse + better).map { "\($0.0) \($0.1)" }
        if count(.undecided) > 0 { words.append("\(count(.undecided)) no longer decided") }
        if words.isEmpty { words = ["no leak in either"] }
        let scope =
            "of \(rows) lifecycle\(rows == 1 ? "" : "s")" + (dropped > 0 ? ", \(dropped) no longer checked" : "")
        return "\(comparison.verdict == .leak ? "worse" : comparison.verdict == .clean ? "no worse" : "inconclusive"): "
            + "\(words.joined(separator: ", ")) (\(scope))"
    }
}

extension CheckComparison.Change {
    /// The word that begins a line.
    fileprivate var word: String {
        switch self {
        case .same: "as before"
        case .undecided: "no longer decided"
        case .notChecked: "not checked"
        default: rawValue
        }
    }
}

/// A comparison as one JSON object, schema `watertight.comparison/1`.
public enum ComparisonJSON {
    /// The name and version of the schema.
    public static let schema = "watertight.comparison/1"

    /// The object, pretty-printed with sorted keys, without a newline at the end.
    public static func render(_ comparison: CheckComparison, before: String, after: String) throws -> String {
        try JSONText.render(
            Document(
                verdict: comparison.verdict, before: before, after: after, entries: comparison.entries.map(Entry.init)))
    }

    private struct Document: Encodable {
        var schema = ComparisonJSON.schema
        var verdict: Verdict
        var before: String
        var after: String
        var entries: [Entry]
    }

    private struct Entry: Encodable {
        var lifecycle: String
        var resource: Resource
        var change: CheckComparison.Change
        var before: Side?
        var after: Side?

        init(_ entry: CheckComparison.Entry) {
            lifecycle = entry.lifecycle
            resource = entry.resource
            change = entry.change
            before = entry.before.map(Side.init)
            after = entry.after.map(Side.init)
        }
    }

    private struct Side: Encodable {
        var verdict: Verdict
        var perConnection: Double?
        var interval: [Double]?
        var smallestDetectable: Double?
        var known: Bool

        init(_ finding: CheckComparison.Finding) {
            verdict = finding.verdict
            perConnection = finding.perConnection
            interval = finding.interval.map { [$0.lowerBound, $0.upperBound] }
            smallestDetectable = finding.smallestDetectable
            known = finding.isKnown
        }
    }
}
