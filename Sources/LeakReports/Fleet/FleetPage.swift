import Fleet
import LeakStatistics

/// What a fleet came to as the parts of a page: what is said of it first, then its leaks, its groups, plots and pods.
struct FleetPage {
    let result: FleetResult
    /// The groups in the order of their findings.
    let groups: [Group]
    /// Those of them that have a row: all, or the worst first where they are too many.
    let shown: [Group]
    private let baselines: [Resource: FleetResult.Finding]

    /// So many groups have a row, of some two kilobytes where there are four resources, and a place among the plots: with more,
    /// a browser begins to take seconds, and nobody reads on.
    private static let mostGroups = 300

    init(result: FleetResult) {
        self.result = result
        groups = Self.groups(of: result.findings)
        shown =
            groups.count <= Self.mostGroups
            ? groups : Array(Self.worstFirst(groups, result.findings).prefix(Self.mostGroups))
        baselines = Dictionary(
            result.findings.filter(\.isBaseline).map { ($0.resource, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The names under which the parts can be linked to, and their headings.
    enum Part: String, CaseIterable {
        case leaks, verdicts, remarks, plots, pods, method

        var title: String {
            switch self {
            case .leaks: "What leaks"
            case .verdicts: "Every group and resource"
            case .remarks: "What else is worth knowing"
            case .plots: "What pods held"
            case .pods: "Pods and their lives"
            case .method: "How it was judged"
            }
        }
    }

    /// The parts that have something in them, in order.
    var parts: [(part: Part, content: [String])] {
        [
            (.leaks, leakCards), (.verdicts, [tally, matrix]), (.remarks, remarkCards), (.plots, plots),
            (.pods, podTables), (.method, [Markup.definitions(settings), words, method] + reproducer),
        ].filter { !$0.1.isEmpty }
    }

    /// The findings of one group, with its place in the page.
    struct Group {
        var number: Int
        var findings: [FleetResult.Finding]

        var isBaseline: Bool { findings[0].isBaseline }
        var verdict: Verdict { Verdict.overall(findings.compactMap(\.verdict)) }
        var name: String { (findings[0].groupName ?? "fleet") + (isBaseline ? " (baseline)" : "") }
        /// Its place among the groups' plots.
        var rank: Int { isBaseline ? 3 : verdict == .leak ? 0 : verdict == .inconclusive ? 1 : 2 }
        var facts: String {
            let first = findings[0]
            return "\(first.pods) pods, \(first.lives) lives, \(Amount.whole(first.connections)) connections"
        }
    }

    private static func groups(of findings: [FleetResult.Finding]) -> [Group] {
        var groups: [Group] = []
        for finding in findings {
            if let last = groups.last, last.findings[0].group == finding.group {
                groups[groups.count - 1].findings.append(finding)
            } else {
                groups.append(Group(number: groups.count, findings: [finding]))
            }
        }
        return groups
    }

    /// The groups in the order of the worst finding of each.
    private static func worstFirst(_ groups: [Group], _ findings: [FleetResult.Finding]) -> [Group] {
        let numbers = Dictionary(
            groups.map { ($0.findings[0].group, $0.number) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<Int> = []
        return FleetExcerpt.worstFirst(findings).compactMap { finding in
            guard let number = numbers[finding.group], seen.insert(number).inserted else { return nil }
            return groups[number]
        }
    }

    /// What the baseline of a finding held; nil where there is none.
    func baseline(of finding: FleetResult.Finding) -> FleetResult.Finding? {
        guard !finding.isBaseline else { return nil }
        return baselines[finding.resource]
    }

    /// So many leaks are said in the heading.
    private static let mostSentences = 3

    /// The verdict, what leaks, and what was judged.
    var heading: String {
        let sentences = FleetExcerpt(result.leaks, most: Self.mostSentences).shown.compactMap { FleetText($0).sentence }
        return """
            <h1><span class="mark" aria-hidden="true">\(result.verdict.mark)</span> \(escaped(result.conclusion))</h1>
            \(sentences.map { "<p class=\"diagnosis\">\(escaped($0))</p>" }.joined(separator: "\n"))
            <p class="target"><code>\(escaped(result.selector.isEmpty ? result.headings[0].value : result.selector))</code></p>
            <p class="course">\(escaped(course))</p>
            """
    }

    private var course: String {
        let connections = result.pods.reduce(0) { $0 + $1.connections }
        return "\(Amount.whole(connections)) connections to \(result.pods.count) pods, "
            + "\(FleetTime.text(result.time.lowerBound)) to \(FleetTime.text(result.time.upperBound))"
    }

    // MARK: Verdicts

    private var tally: String { Markup.tally(result.findings.filter { !$0.isBaseline }.compactMap(\.verdict)) }

    /// A row for each group, which leads to its plots, and a column for each resource.
    private var matrix: String {
        let resources = result.findings.reduce(into: [Resource]()) { known, finding in
            if !known.contains(finding.resource) { known.append(finding.resource) }
        }
        let heads =
            [.init(name: result.groupLabel ?? "group"), .init(name: "connections", isNumber: true)]
            + resources.map { Markup.Head(name: $0.words) }
        let rows = shown.map { group in
            let first = group.findings[0]
            let name = "<a href=\"#group-\(group.number)\">\(escaped(group.name))</a>"
            let lives = "<small>\(first.pods) pods, \(first.lives) lives</small>"
            let cells = resources.map { resource in
                group.findings.first { $0.resource == resource }.map(cell) ?? "<td role=\"cell\"></td>"
            }
            return Markup.row(
                name + lives, [Markup.number("connections", Amount.whole(first.connections))] + cells)
        }
        return Markup.table(FleetResult.tableNote, heads, rows: rows) + more
    }

    /// How many groups the table leaves out, by the worst of what was found of each.
    private var more: String {
        guard shown.count < groups.count else { return "" }
        let numbers = Set(shown.map(\.number))
        let rest = groups.filter { !numbers.contains($0.number) }
        let parts = [Verdict.leak, .inconclusive, .clean].compactMap { verdict -> String? in
            let count = rest.count { $0.verdict == verdict }
            return count == 0 ? nil : "\(Amount.whole(Double(count))) \(verdict.rawValue)"
        }
        return
            "\n<p class=\"quiet\">The worst \(shown.count) groups stand here; \(Amount.whole(Double(rest.count))) more are left "
            + "out: \(parts.joined(separator: ", ")); the JSON report has all.</p>"
    }

    private func cell(_ finding: FleetResult.Finding) -> String {
        let verdict = finding.verdict ?? .inconclusive
        return Markup.verdict(
            finding.resource.words, style: finding.style, sign: verdict.mark, word: verdict.rawValue,
            amount: String(FleetText(finding).cell.dropFirst(verdict.rawValue.count).drop { $0 == " " }),
            isQuiet: verdict == .clean)
    }

    func escaped(_ text: String) -> String { MarkupText.escaped(text) }
}

extension FleetResult.Finding {
    /// The class under which a page shows it; a leak of the baseline is a known one.
    var style: String { verdict == .leak && isBaseline ? "known" : (verdict ?? .inconclusive).rawValue }
}
