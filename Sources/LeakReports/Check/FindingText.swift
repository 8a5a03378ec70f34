import LeakCheck
import LeakStatistics
import Lifecycles

/// One finding in words, the same in every report.
struct FindingText {
    private let result: CheckResult
    private let row: CheckResult.Row
    private let finding: CheckResult.Finding

    /// The words for `finding`, which belongs to `row` of `result`.
    init(_ result: CheckResult, _ row: CheckResult.Row, _ finding: CheckResult.Finding) {
        self.result = result
        self.row = row
        self.finding = finding
    }

    /// The verdict in a cell of a table: a leak's amount, or the smallest leak that would have been detected; with a
    /// question mark if that is in doubt.
    var cell: String {
        let resource = finding.resource
        let amount: String? =
            switch finding.verdict {
            case .leak: finding.perConnection.map { Amount.text($0, resource) }
            case .clean: finding.smallestDetectable.map { "< \(Amount.bound($0, resource))" }
            case .inconclusive: doubt
            }
        let mark =
            finding.knownLeak != nil
            ? "(known)" : row.stall != nil && finding.verdict == .inconclusive ? "(stalled)" : nil
        return [finding.verdict.rawValue, amount, mark].compactMap { $0 }.joined(separator: " ")
    }

    /// What is in doubt: the amount if something grows, otherwise the bound.
    private var doubt: String? {
        if finding.reason?.isSuspicion == true {
            return finding.perConnection.map { "\(Amount.text($0, finding.resource))?" }
        }
        guard let bound = finding.smallestDetectable, bound.isFinite else { return nil }
        return "< \(Amount.bound(bound, finding.resource))?"
    }

    /// What was found in this row, without saying which row: `each connection leaves 0.50 descriptors, …`.
    var statement: String {
        switch finding.verdict {
        case .leak: leak
        case .clean: clean
        case .inconclusive: finding.remark ?? "it could not be judged"
        }
    }

    /// The statement with the lifecycle it is about.
    var paragraph: String { "\(subject): \(statement)" }

    private var subject: String {
        guard finding.verdict == .leak else { return "\(row.lifecycle.label), \(finding.resource.rawValue)" }
        return "\(row.lifecycle.label) (\(row.lifecycle.summary)\(row.lifecycle.isCompressed ? ", compressed" : ""))"
    }

    private var clean: String {
        let resource = finding.resource
        let bound = finding.smallestDetectable.map {
            "no leak: \(Amount.bound($0, resource))\(resource.suffix) per connection would have been seen\(evenness)"
        }
        return [bound ?? "no leak", finding.remark].compactMap { $0 }.joined(separator: "; ")
    }

    /// What the bound assumes: a leak of one connection in many needs as many to be seen (the rule of three).
    private var evenness: String {
        let every = row.connections.completed / 3
        return every > 1 ? ", if one connection in \(Amount.whole(Double(every))) or more leaks" : ""
    }

    private var leak: String {
        let interval = self.interval.map { ", \($0)" } ?? ""
        return (["each connection leaves \(amount)\(interval)"] + facts).joined(separator: "; ")
    }

    /// How much a connection leaves: `0.50 descriptors`.
    var amount: String {
        finding.perConnection.map { Amount.text($0, finding.resource) + finding.resource.suffix }
            ?? "an unknown amount"
    }

    /// How far that is certain: `99% interval 0.49 to 0.51`.
    var interval: String? { finding.interval.map { "99% interval \(Amount.range($0, finding.resource))" } }

    /// What is known of a leak beside its amount, one fact each.
    var facts: [String] {
        let resource = finding.resource
        var facts = [exhaustion].compactMap { $0 }
        if !finding.tcpStates.isEmpty {
            let states = finding.tcpStates.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            facts.append("sockets left: \(states.map { "\($0.value) \($0.key)" }.joined(separator: ", "))")
        }
        if let known = finding.knownLeak {
            facts.append(
                known.isAllowance
                    ? "allowed: up to \(Amount.text(known.perConnection, resource))\(resource.suffix) per connection"
                    : "known until \(known.expires): \(known.reason)")
        }
        if let remark = finding.remark { facts.append(remark) }
        return facts
    }

    /// What the leak leads to, and when.
    private var exhaustion: String? {
        guard let amount = finding.perConnection, amount > 0 else { return nil }
        switch finding.resource {
        case .descriptors:
            guard let limit = result.descriptorLimit else { return nil }
            let held = result.samples(of: row).first?.descriptors ?? 0
            let connections = Amount.whole(max(0, Double(limit - held)) / amount)
            return
                "at this rate \(connections) connections exhaust the target's limit of \(Amount.whole(Double(limit))) "
                + "descriptors"
        case .privateMemory, .liveHeap:
            return "at this rate \(Amount.whole(Double(1 << 30) / amount)) connections take 1 GiB"
        default: return nil
        }
    }
}

extension CheckResult {
    /// The findings of all rows in order, each with its words.
    var findingTexts: [(row: Row, finding: Finding, text: FindingText)] {
        rows.flatMap { row in row.resources.map { (row, $0, FindingText(self, row, $0)) } }
    }

    /// The verdict over every row in words, and what ended the check early.
    var conclusion: String {
        let words: String
        switch verdict {
        case .clean:
            words =
                rows.count == 1
                ? "clean: it does not leak" : "clean: none of the \(rows.count) lifecycles driven leaks"
        case .leak:
            let new = leakingRows { $0.knownLeak == nil }
            let known = leakingRows { $0.knownLeak != nil }
            words =
                new.isEmpty
                ? "leak, but known: \(listed(known))"
                : "leak: \(listed(new))" + (known.isEmpty ? "" : "; known: \(listed(known))")
        case .inconclusive: words = "inconclusive: no leak was found, and not every row could be judged"
        }
        return [words, stallWords, interruptionWords].compactMap { $0 }.joined(separator: "; ")
    }

    /// The rows in which the target stalled, with the words for it.
    var stalls: [(row: Row, statement: String)] {
        rows.compactMap { row in row.stall.map { (row, "\(row.lifecycle.label): \($0.statement)") } }
    }

    private var stallWords: String? {
        let stalled = rows.filter { $0.stall != nil }.map(\.lifecycle.label)
        return stalled.isEmpty ? nil : "the target stalled: \(stalled.joined(separator: ", "))"
    }

    /// The labels of rows where they are few, otherwise their number.
    private func listed(_ labels: [String]) -> String {
        labels.count <= 5 ? labels.joined(separator: ", ") : "\(labels.count) of \(rows.count) lifecycles"
    }

    private func leakingRows(_ isMeant: (Finding) -> Bool) -> [String] {
        rows.filter { $0.resources.contains { $0.verdict == .leak && isMeant($0) } }.map(\.lifecycle.label)
    }

    /// What ended the check early, in words.
    var interruptionWords: String? {
        switch interruption {
        case .targetLost(let problem): "the target was lost: \(problem.words)"
        case .interrupted: "interrupted before the end"
        case nil: nil
        }
    }

    /// How to read the table of verdicts.
    static let tableNote = "amounts are per connection; after < stands the smallest leak that would have been seen"
}

extension CheckResult.Isolation {
    /// How lifecycles were kept apart, in words.
    var words: String {
        switch self {
        case .processPerLifecycle: "a fresh process for each lifecycle"
        case .sharedProcess: "one process for all lifecycles"
        }
    }
}

extension Resource {
    /// Its name in prose.
    var words: String {
        switch self {
        case .privateMemory: "private memory"
        case .liveHeap: "live heap"
        case .residentMemory: "resident memory"
        default: rawValue
        }
    }

    /// What follows an amount of it in a sentence.
    var suffix: String { isMemory ? " of \(words)" : " \(unit)" }
}
