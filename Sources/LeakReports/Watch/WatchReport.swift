public import LeakCheck
import LeakStatistics
import Targets

/// A watch's result as a table for the terminal.
public struct WatchReport {
    private let result: WatchResult
    private let style: Style

    /// A report of `result`, in color or not.
    public init(_ result: WatchResult, usesColour: Bool) {
        self.result = result
        style = Style(usesColour: usesColour)
    }

    /// The table, then a sentence for each doubt, then the verdict; ends with a newline.
    public func render() -> String {
        var lines = [
            "target       \(result.target) (\(result.runtime))",
            "watched      \(Amount.seconds((result.durationSeconds * 100).rounded() / 100)) from \(result.startedAt), "
                + "\(Amount.whole(Double(result.samples))) samples, one in "
                + Amount.seconds(result.intervalSeconds),
        ]
        lines += result.probes.map { probe in
            let name = probe.resource.words
            return name + String(repeating: " ", count: max(2, 13 - name.count)) + probe.source
        }
        lines += result.notes.map { "note         \($0.words)" }
        lines += [""] + table
        if !remarks.isEmpty { lines += [""] + remarks }
        lines += ["", conclusion]
        return lines.joined(separator: "\n") + "\n"
    }

    private var table: [String] {
        var cells = [["", "start", "end", "peak", "per hour", "99% interval", ""]]
        var colours: [Style.Colour?] = [nil]
        for finding in result.findings {
            func change(_ amount: Double) -> String { Amount.change(amount, isMemory: finding.isMemory) }
            cells.append([
                Table.label(ofGauge: finding.gauge), Amount.level(finding.start, isMemory: finding.isMemory),
                Amount.level(finding.end, isMemory: finding.isMemory),
                Amount.level(finding.peak, isMemory: finding.isMemory), finding.perHour.map(change) ?? "",
                finding.interval.map { "\(change($0.lowerBound)) to \(change($0.upperBound))" } ?? "",
            ])
            colours.append(finding.verdict.map { $0 == .clean ? .green : .yellow })
        }
        let widths = cells[0].indices.dropLast().map { column in cells.map { $0[column].count }.max() ?? 0 }
        let verdicts = [""] + result.findings.map(verdict)
        return cells.indices.map { index in
            let text = Table.line(Array(cells[index].prefix(widths.count)), widths)
            guard !verdicts[index].isEmpty else { return text.trimmedAtEnd }
            return text + "  " + (colours[index].map { style.paint(verdicts[index], $0) } ?? verdicts[index])
        } + ["growth is that of the floor in an hour; after < stands the smallest that would have been seen"]
    }

    private func verdict(_ finding: WatchResult.Finding) -> String {
        guard let verdict = finding.verdict else { return "" }
        guard verdict == .clean, let smallest = finding.smallestDetectable else { return verdict.rawValue }
        let bound = finding.isMemory ? Amount.bytes(smallest.rounded(.up)) : Amount.count(smallest)
        return "\(verdict.rawValue) < \(bound)"
    }

    /// A sentence for each doubt; the same words appear once, for all their gauges.
    private var remarks: [String] {
        var remarks: [(words: String, subjects: [String])] = []
        for finding in result.findings {
            guard let remark = finding.remark else { continue }
            let words = [remark.words, exhaustion(finding)].compactMap { $0 }.joined(separator: "; ")
            if let index = remarks.firstIndex(where: { $0.words == words }) {
                remarks[index].subjects.append(finding.gauge)
            } else {
                remarks.append((words, [finding.gauge]))
            }
        }
        return remarks.map { "\($0.subjects.joined(separator: ", ")): \($0.words)" }
    }

    /// What growth leads to, and when; nil unless growth is certain.
    private func exhaustion(_ finding: WatchResult.Finding) -> String? {
        guard let rate = finding.perHour, rate > 0, (finding.interval?.lowerBound ?? 0) > 0 else { return nil }
        if finding.gauge == Resource.descriptors.rawValue, let limit = result.descriptorLimit {
            let hours = max(0, Double(limit) - finding.end) / rate
            return "at this rate \(Amount.whole(Double(limit))) descriptors, the limit, are reached in "
                + Amount.hours(hours)
        }
        return finding.isMemory ? "at this rate 1 GiB more is held in \(Amount.hours(Double(1 << 30) / rate))" : nil
    }

    private var conclusion: String {
        let words: String
        if result.verdict == .clean {
            words = "clean: nothing grew under this traffic"
        } else {
            words = "inconclusive: a watch cannot tell a leak; watertight check drives the server and can"
        }
        let end =
            result.targetLost.map { "the target was lost: \($0.words)" }
            ?? (result.isUnfinished ? "the watch was killed" : nil)
        let colour: Style.Colour = result.verdict == .clean && end == nil ? .green : .yellow
        return style.paint([words, end].compactMap { $0 }.joined(separator: "; "), colour)
    }
}

extension Amount {
    /// A time in the unit that suits it: `40 min`, `3.5 h`, `12 days`.
    fileprivate static func hours(_ hours: Double) -> String {
        if hours < 2 { return "\(whole((hours * 60).rounded())) min" }
        return hours < 48 ? "\(count(hours)) h" : "\(whole((hours / 24).rounded())) days"
    }
}
