public import LeakCheck
import LeakStatistics

/// The progress of a check, as one line that overwrites itself.
public struct ProgressLine: Sendable {
    /// Erases the line.
    public static let erasure = "\r\u{1B}[K"
    /// The time over which the rate of connections is computed.
    private static let rateSeconds = 2.0
    private static let sparklineWidth = 16

    private var memory = Sparkline(capacity: sparklineWidth)
    private var lifecycle = ""
    /// The counts of connections, from the latest moment at least `rateSeconds` ago.
    private var past: [(seconds: Double, connections: Int)] = []

    /// A line on which nothing has been shown yet.
    public init() {}

    /// The line for a terminal `columns` wide, with the erasure of the one before.
    public mutating func render(_ progress: LeakCheck.Progress, budgetSeconds: Double, columns: Int) -> String {
        note(progress)
        return Self.fitted(words(progress, budgetSeconds: budgetSeconds), columns: columns)
    }

    /// Takes notice of what is going on; later words are about the time since.
    mutating func note(_ progress: LeakCheck.Progress) {
        // Another lifecycle may have a process of its own, whose memory does not continue the line.
        if progress.lifecycle != lifecycle {
            lifecycle = progress.lifecycle
            memory = Sparkline(capacity: Self.sparklineWidth)
        }
        memory.append(Double(progress.privateMemory))
        past.append((progress.seconds, progress.connections))
        while past.count > 2 && progress.seconds - past[1].seconds >= Self.rateSeconds { past.removeFirst() }
    }

    /// What is said of `progress`, the last that was noted; in this order it is left out where there is no room.
    func words(_ progress: LeakCheck.Progress, budgetSeconds: Double) -> [String] {
        let phase =
            switch progress.phase {
            case _ where progress.isExplaining: "looking for the cause of"
            case .measure: "driving"
            case .pause: "resting"
            case .confirm: "driving again"
            }
        let left = max(0, budgetSeconds - progress.seconds)
        return [
            "\(progress.decided) of \(progress.rows)", "\(phase) \(progress.lifecycle)",
            // What is looked for after the verdicts is outside the budget.
            progress.isExplaining ? "" : "\(Int(near: left.rounded(.up))) of \(Int(near: budgetSeconds)) s left",
            suspects(progress), rate,
            progress.suspects.isEmpty
                ? "\(Amount.bytes(Double(progress.privateMemory))) private "
                    + memory.render(width: Self.sparklineWidth, resolution: WatchBlock.memoryResolution) : "",
            "\(progress.connections) connections",
        ]
    }

    /// A line that overwrites the one before: the first of `parts`, and of the others those for which a terminal of `columns`
    /// has room, whole.
    static func fitted(_ parts: [String], columns: Int) -> String {
        let width = max(10, columns - 1)
        let line = parts.dropFirst().reduce(String(parts[0].prefix(width))) { line, part in
            part.isEmpty || line.count + 2 + part.count > width ? line : "\(line)  \(part)"
        }
        return erasure + line
    }

    /// The line in place of which a row that has been decided is printed, above the next line; nil for what goes on.
    public static func finished(_ progress: LeakCheck.Progress, usesColour: Bool) -> String? {
        progress.finished.map { erasure + DecidedRow($0, usesColour: usesColour).line + "\n" }
    }

    /// The rows that rest, with what is suspected, and the time until the last is done.
    private func suspects(_ progress: LeakCheck.Progress) -> String {
        guard let first = progress.suspects.first else { return "" }
        let amounts = first.amounts.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            Amount.text($0.value, $0.key) + ($0.key.isMemory ? "" : " \($0.key.unit)")
        }
        let others = progress.suspects.count > 1 ? " and \(progress.suspects.count - 1) more" : ""
        let left = progress.suspects.map(\.secondsLeft).max() ?? 0
        return
            "suspected: \(first.lifecycle) \(amounts.joined(separator: ", "))\(others), \(Int(left.rounded(.up))) s to rest"
    }

    private var rate: String {
        guard let first = past.first, let last = past.last, last.seconds > first.seconds else { return "0/s" }
        return "\(Int(near: Double(last.connections - first.connections) / (last.seconds - first.seconds)))/s"
    }
}
