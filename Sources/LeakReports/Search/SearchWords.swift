import Causes
import LeakCheck
import LeakStatistics
import Lifecycles
package import Search

/// A finding of a search in words, the same in every report.
package struct SearchWords {
    private let finding: SearchFinding
    private let number: Int

    /// The words for the finding with this number, from 1.
    package init(_ finding: SearchFinding, number: Int) { (self.finding, self.number) = (finding, number) }

    /// The name of the file that its script has, or is to get: `found-1.lifecycle`.
    package var fileName: String { "found-\(number).lifecycle" }

    /// The name of the file of a script that must be played before it.
    package func predecessorName(_ index: Int) -> String { "found-\(number)-before-\(index + 1).lifecycle" }

    /// What kind of finding it is, in a word.
    package var kind: String {
        switch finding.proof {
        case .leak: "leak"
        case .undecided: "inconclusive"
        case .failure(.ended): "ended"
        case .failure(.stalled): "stalled"
        case .failure(.spinning): "spinning"
        case .violation: "violation"
        }
    }

    /// What happens, in one line.
    package var headline: String {
        switch finding.proof {
        case .leak(let result):
            let amounts = result.rows.flatMap(\.resources).filter { $0.verdict == .leak }
                .map { leak in
                    (leak.perConnection.map { Amount.text($0, leak.resource) } ?? "some") + leak.resource.suffix
                }
            return "each connection leaves \(amounts.joined(separator: ", "))"
        case .undecided:
            let symptom = finding.suspect.symptom
            let amount =
                symptom.resource.map { "about \(Amount.text(finding.suspect.amount, $0))\($0.suffix)" } ?? "\(symptom)"
            return "each connection seems to leave \(amount), and a row of the check could not decide"
        case .failure(.ended(let problem)): return "the target ended: \(problem.words)"
        case .failure(.stalled): return "the target no longer accepts or answers, and its process lives"
        case .failure(.spinning(let share)):
            return "the target goes on to use \(Int((share * 100).rounded()))% of a processor with nothing to do"
        case .violation(let violation): return "\(violation)"
        }
    }

    /// The script with what it does in front, as a file of a corpus has it.
    package var script: String {
        let headline = headline.split(whereSeparator: \.isNewline).first ?? ""
        return "# \(kind): \(headline.filter { $0.isASCII || $0.isLetter })\n"
            + CorpusScript.render(finding.suspect.script)
    }

    /// What the check said of it, and the causes.
    var details: [String] {
        guard case .leak(let result) = finding.proof else { return [] }
        return result.rows.flatMap { row in
            row.resources.filter { $0.verdict == .leak }.map { FindingText(result, row, $0).statement }
                + (row.explanation.map { CauseText($0.worded).lines } ?? [])
        }
    }
}
