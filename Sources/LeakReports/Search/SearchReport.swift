import LeakStatistics
package import Search

/// A search's result as text for the terminal.
package struct SearchReport {
    private let result: SearchResult
    /// The command that checks each finding, in their order; nil where there is none.
    private let reproducers: [String?]
    private let firstNumber: Int

    /// A report of `result`, whose findings are numbered from `firstNumber` on.
    package init(_ result: SearchResult, reproducers: [String?], from firstNumber: Int = 1) {
        (self.result, self.reproducers, self.firstNumber) = (result, reproducers, firstNumber)
    }

    /// A paragraph for each finding, then what was done, then what it comes to; ends with a newline.
    package func render() -> String {
        var lines: [String] = []
        for (index, finding) in result.findings.enumerated() {
            lines += Self.paragraph(finding, number: index + firstNumber, reproducer: reproducers[index]) + [""]
        }
        lines.append("target       \(result.target) (\(result.runtime))")
        lines.append("read         \(result.resources.joined(separator: ", "))")
        lines.append("searched     \(searched)")
        lines.append("time         \(time)")
        if result.keptSeconds > 0 {
            lines.append(
                "kept         something for up to \(Amount.seconds(result.keptSeconds.rounded())): what comes back within that time "
                    + "is no leak")
        }
        lines += result.notes.map { "note         \($0.words)" }
        if let unfollowed = result.unfollowed {
            lines.append("note         the search ended while it followed: \(unfollowed)")
        }
        return lines.joined(separator: "\n") + "\n\n\(conclusion)\n"
    }

    private var searched: String {
        let counts = result.counts
        return "\(Amount.whole(Double(counts.scripts))) scripts in \(counts.screens) screens, "
            + "\(counts.followedScreens) of them tried in \(counts.groups) groups, "
            + "\(Amount.whole(Double(counts.connections))) connections in \(Amount.seconds(result.durationSeconds)), "
            + "\(Amount.count(result.scriptsPerSecond)) new scripts a second while nothing was followed; "
            + "\(result.signatures) ways of answering, \(counts.suspects) groups suspected, \(counts.refuted) suspicions refuted"
    }

    /// What the time went into, the largest parts first, and what was used of processors.
    private var time: String {
        let parts = SearchTime.Part.allCases.map { ($0.rawValue, result.time.seconds($0)) }
        let rest = result.durationSeconds - parts.reduce(0) { $0 + $1.1 }
        let words = (parts + [("the rest", rest)]).filter { $0.1 >= 0.05 }.sorted { $0.1 > $1.1 }
            .map { "\($0.0) \(Amount.seconds($0.1))" }
        return (words.isEmpty ? "" : words.joined(separator: ", ") + "; ")
            + "of processors the search used \(Amount.seconds(result.time.processorSeconds)), "
            + "the target \(Amount.seconds(result.time.targetProcessorSeconds))"
    }

    /// What a search came to, in one line.
    package var conclusion: String {
        let found = result.findings.enumerated().map { index, finding in
            "\(SearchWords(finding, number: index + firstNumber).kind) found-\(index + firstNumber)"
        }
        let words = found.isEmpty ? "nothing was found" : "found: \(found.joined(separator: ", "))"
        let ending: String? =
            switch result.interruption {
            case .interrupted: "interrupted before the end"
            case .targetLost(let problem): "the target was lost: \(problem.words)"
            case nil: nil
            }
        return [words, ending].compactMap { $0 }.joined(separator: "; ") + " (seed \(result.seed))"
    }

    /// One finding: what happens, the script, what the check said, and the command that repeats it.
    package static func paragraph(_ finding: SearchFinding, number: Int, reproducer: String?) -> [String] {
        let words = SearchWords(finding, number: number)
        var lines = ["found-\(number)      \(words.kind): \(words.headline)"]
        for (index, script) in finding.suspect.predecessors.enumerated() {
            lines.append("  after \(words.predecessorName(index)):")
            lines += indented(script)
        }
        if !finding.suspect.predecessors.isEmpty { lines.append("  \(words.fileName):") }
        lines += indented(finding.suspect.script)
        lines += words.details.map { "  \($0)" }
        if finding.repetitions > 0 {
            lines.append(
                "  \(finding.repetitions) more \(finding.repetitions == 1 ? "script comes" : "scripts come") to the same"
            )
        }
        if let reproducer { lines.append("  reproduce: \(reproducer)") }
        return lines
    }

    private static func indented(_ script: SearchScript) -> [String] {
        script.text.split(separator: "\n").map { "    \($0)" }
            + (script.concurrency > 1 ? ["    # \(script.concurrency) connections at a time"] : [])
    }
}
