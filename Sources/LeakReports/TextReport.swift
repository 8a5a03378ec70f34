public import LeakCheck
import LeakStatistics
import Lifecycles

/// A check's result as a table for the terminal.
public struct TextReport {
    private let result: CheckResult
    private let style: Style

    /// A report of `result`, in colour or not.
    public init(_ result: CheckResult, usesColour: Bool) {
        self.result = result
        style = Style(usesColour: usesColour)
    }

    /// The table, then a paragraph for each leak and each doubt, then the verdict; ends with a newline.
    public func render() -> String {
        var lines: [String] = []
        lines.append("target       \(result.target) (\(result.runtime))")
        lines.append(
            "isolation    \(result.isolation == .processPerLifecycle ? "a fresh process for each lifecycle" : "one process for all lifecycles")"
        )
        if let environment = result.environment { lines.append("environment  \(environment)") }
        lines += result.notes.map { "note         \($0)" }
        lines.append("")
        lines += table
        let remarks = self.remarks
        if !remarks.isEmpty { lines += [""] + remarks }
        lines += ["", conclusion]
        return lines.joined(separator: "\n") + "\n"
    }

    private var table: [String] {
        var rows: [[Cell]] = [
            [Cell("lifecycle"), Cell("connections", .right)] + Resource.allCases.map { Cell($0.rawValue) }
        ]
        for row in result.rows {
            rows.append(
                [Cell(row.lifecycle.label), Cell("\(row.connections.completed)", .right)]
                    + row.resources.map { Cell(summary($0), colour: Style.colour(of: $0.verdict)) })
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].text.count }.max() ?? 0 }
        let lines = rows.map { cells in
            let text = zip(cells, widths).map { $0.padded(to: $1, style) }.joined(separator: "  ")
            return String(text.reversed().drop { $0 == " " }.reversed())
        }
        return lines + ["amounts are per connection; after < stands the smallest leak that would have been seen"]
    }

    /// The verdict with a leak's amount, or with the size below which a leak would not have been seen.
    private func summary(_ finding: CheckResult.Finding) -> String {
        let resource = finding.resource
        let amount: String? =
            switch finding.verdict {
            case .leak: finding.perConnection.map { Amount.text($0, resource) }
            case .clean: finding.smallestDetectable.map { "< \(Amount.bound($0, resource))" }
            case .inconclusive: finding.perConnection.map { "\(Amount.text($0, resource))?" }
            }
        return [finding.verdict.rawValue, amount].compactMap { $0 }.joined(separator: " ")
    }

    private var remarks: [String] {
        var lines: [String] = []
        for row in result.rows {
            for finding in row.resources {
                if finding.verdict == .leak { lines += leak(row, finding) }
                if let remark = finding.remark {
                    lines.append(
                        "\(row.lifecycle.label), \(finding.resource.rawValue): \(finding.verdict.rawValue): \(remark)")
                }
            }
        }
        return lines
    }

    private func leak(_ row: CheckResult.Row, _ finding: CheckResult.Finding) -> [String] {
        guard let amount = finding.perConnection, let interval = finding.interval else { return [] }
        let resource = finding.resource
        var line =
            "\(row.lifecycle.label) (\(row.lifecycle.summary)\(row.lifecycle.isCompressed ? ", compressed" : "")): "
            + "each connection leaves \(Amount.text(amount, resource))"
        line += resource == .privateMemory ? " of private memory" : " \(resource.unit)"
        line +=
            ", 99% interval \(Amount.text(interval.lowerBound, resource)) to \(Amount.text(interval.upperBound, resource))"
        if !finding.tcpStates.isEmpty {
            let states = finding.tcpStates.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }
            line += "; sockets left: \(states.joined(separator: ", "))"
        }
        return [style.paint(line, .red)]
    }

    private var conclusion: String {
        var words: String
        switch result.verdict {
        case .clean: words = "clean: no lifecycle leaks"
        case .leak:
            let leaking = result.rows.filter { $0.resources.contains { $0.verdict == .leak } }.map(\.lifecycle.label)
            words = "leak: \(leaking.joined(separator: ", "))"
        case .inconclusive: words = "inconclusive: no leak was found, and not every row could be judged"
        }
        switch result.interruption {
        case .targetLost(let problem): words += "; the target was lost: \(problem)"
        case .interrupted: words += "; interrupted before the end"
        case nil: break
        }
        let seconds = Amount.count(result.durationSeconds)
        return style.paint(words, Style.colour(of: result.verdict)) + " (\(seconds) s, seed \(result.seed))"
    }
}

/// A cell of the table.
private struct Cell {
    enum Alignment { case left, right }

    var text: String
    var alignment: Alignment
    var colour: Style.Colour?

    init(_ text: String, _ alignment: Alignment = .left, colour: Style.Colour? = nil) {
        self.text = text
        self.alignment = alignment
        self.colour = colour
    }

    func padded(to width: Int, _ style: Style) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        let painted = colour.map { style.paint(text, $0) } ?? text
        return alignment == .left ? painted + space : space + painted
    }
}

/// Colour on a terminal that wants it.
struct Style {
    enum Colour: String {
        case red = "31", green = "32", yellow = "33"
    }

    var usesColour: Bool

    func paint(_ text: String, _ colour: Colour) -> String {
        usesColour ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func colour(of verdict: Verdict) -> Colour {
        switch verdict {
        case .clean: .green
        case .leak: .red
        case .inconclusive: .yellow
        }
    }
}
