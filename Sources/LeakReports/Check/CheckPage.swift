import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as the parts of a page: what is said of it first, then its leaks, its rows and its plots.
struct CheckPage {
    let result: CheckResult

    /// The names under which the parts can be linked to, and their headings.
    enum Part: String, CaseIterable {
        case leaks, stalls, verdicts, remarks, plots, method

        var title: String {
            switch self {
            case .leaks: "What leaks"
            case .stalls: "Where the target stalled"
            case .verdicts: "Every lifecycle and resource"
            case .remarks: "What else is worth knowing"
            case .plots: "What was measured"
            case .method: "How it was measured"
            }
        }
    }

    /// The parts that have something in them, in order.
    var parts: [(part: Part, content: [String])] {
        [
            (.leaks, leakCards), (.stalls, result.stalls.map(stallCard)), (.verdicts, [tally, matrix]),
            (.remarks, remarkCards), (.plots, [legend] + result.rows.indices.map(rowPlots)),
            (.method, [Markup.definitions(settings), words, method]),
        ].filter { !$0.1.isEmpty }
    }

    /// The verdict, the diagnosis and what was checked.
    var heading: String {
        """
        <h1><span class="mark" aria-hidden="true">\(result.verdict.mark)</span> \(escaped(result.conclusion))</h1>
        \(result.diagnosisTexts.map { "<p class=\"diagnosis\">\(escaped($0.sentence))</p>" }.joined(separator: "\n"))
        <p class="target"><code>\(escaped(result.target))</code></p>
        <p class="course">\(escaped(course))</p>
        """
    }

    /// The class of the verdict, by which the heading has its color.
    var style: String { result.verdictBesideKnown == result.verdict ? result.verdict.rawValue : "known" }

    private var course: String {
        let connections = result.rows.reduce(0) { $0 + $1.connections.completed }
        return "\(Amount.whole(Double(connections))) connections in \(Amount.seconds(result.durationSeconds)), "
            + "\(result.startedAt)"
    }

    /// How many rows there are of each verdict.
    private var tally: String { Markup.tally(result.rows.map { Verdict.overall($0.resources.map(\.verdict)) }) }

    // MARK: Remarks

    private func stallCard(_ row: CheckResult.Row, _ statement: String) -> String {
        Markup.article("inconclusive", escaped(row.lifecycle.label), ["<p>\(escaped(statement))</p>"])
    }

    /// What is said of findings that are no leak, each once for all of which it is said; what a leak explains stands with it.
    private var remarkCards: [String] {
        var remarks: [(words: String, finding: CheckResult.Finding, subjects: [String])] = []
        for (row, finding, text) in result.findingTexts
        where finding.verdict != .leak && finding.remark != nil && !row.explains(finding) {
            let subject = "\(row.lifecycle.label), \(finding.resource.words)"
            if let index = remarks.firstIndex(where: {
                $0.words == text.statement && $0.finding.verdict == finding.verdict
            }) {
                remarks[index].subjects.append(subject)
            } else {
                remarks.append((text.statement, finding, [subject]))
            }
        }
        return remarks.map { words, finding, subjects in
            let title = subjects.count == 1 ? escaped(subjects[0]) : "\(subjects.count) readings"
            let list =
                subjects.count == 1 ? [] : ["<p class=\"names\">\(escaped(subjects.joined(separator: "; ")))</p>"]
            return Markup.article(
                finding.style, "\(Markup.badge(finding.verdict, finding.style)) \(title)",
                ["<p>\(escaped(words))</p>"] + list)
        }
    }

    func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}

extension CheckResult.Finding {
    /// The class under which a page shows it.
    var style: String { knownLeak == nil ? verdict.rawValue : "known" }
}

extension CheckResult.Row {
    /// Whether a leak of another resource of the row explains what is said of `finding`.
    func explains(_ finding: CheckResult.Finding) -> Bool {
        guard let other = finding.reason?.explainedBy else { return false }
        return resources.contains { $0.resource == other && $0.verdict == .leak }
    }
}

extension Reason {
    /// The resource of which what is said explains this as well; nil for a reason of its own.
    fileprivate var explainedBy: Resource? {
        switch self {
        case .explained(let other): other
        case .limited(_, let reason): reason.explainedBy
        default: nil
        }
    }
}
