import LeakStatistics
import Remedies

/// The causes of a row's leak in words, the same in every report.
package struct CauseText {
    private let explanation: Explanation
    /// What the leak was repeated by, in words.
    private let repetitions: String

    /// So many causes are told; the rest are in the JSON report.
    private static let most = 5
    private static let mostFrames = 3

    /// The words for `explanation`, which is of what `repetitions` leave.
    package init(_ explanation: Explanation, of repetitions: String = "connections") {
        self.explanation = explanation
        self.repetitions = repetitions
    }

    /// A line for each cause, the largest first, and what is to be said of all of them; or why there is none.
    package var lines: [String] {
        if let failure = explanation.failure { return ["the cause could not be looked for: \(failure.description)"] }
        guard !explanation.causes.isEmpty else {
            return [
                "no cause was found: nothing that \(explanation.source ?? "the probe") can tell apart grew with the \(repetitions)"
            ] + notes
        }
        var lines = shown.map(Self.line)
        let more = explanation.causes.count - lines.count
        if more > 0 { lines.append("and \(more) more, which are smaller") }
        if let share = explanation.explainedShare {
            lines.append("together \(Int((share * 100).rounded()))% of the leak, by \(explanation.source ?? "")")
        }
        return lines + notes
    }

    private var notes: [String] { [explanation.note?.description].compactMap { $0 } }

    /// The causes that are told.
    package var shown: [Cause] { Array(explanation.causes.prefix(Self.most)) }

    /// `+1.00 Session (160 B) held by sessions, a Map, server.js:11`.
    package static func line(_ cause: Cause) -> String {
        let bytes = cause.bytesPerConnection.flatMap { $0 >= 1 ? Amount.bytes($0) : nil }
        var words = "+\(Amount.count(cause.countPerConnection)) \(cause.what)" + (bytes.map { " (\($0))" } ?? "")
        if let bytes, cause.isOfBytes { words = "+\(bytes) \(cause.what)" }
        let stack = stack(cause)
        switch cause.kind {
        case .allocation: words += stack.isEmpty ? "" : " allocated at \(stack)"
        case .task, .goroutine, .thread:
            words += stack.isEmpty ? "" : stack.hasPrefix(Cause.maker) ? " \(stack)" : " at \(stack)"
        case .descriptor: words += stack.isEmpty ? "" : " opened at \(stack)"
        case .heldObject:
            if let place = cause.site.first?.location { words += " \(place)" }
        }
        if !cause.holders.isEmpty { words += ", held by \(holders(cause.holders))" }
        let others = cause.alsoHeldBy.filter { $0.first != cause.holders.first }
        if let other = others.first { words += ", also by \(holders(other))" }
        return words
    }

    /// The program's own lines on the stack, the innermost first.
    private static func stack(_ cause: Cause) -> String {
        let frames = cause.ownFrames
        // What made it stands last.
        let maker = frames.firstIndex { $0.function.hasPrefix(Cause.maker) } ?? frames.endIndex
        let shown = frames[..<maker].prefix(mostFrames) + frames[maker...].prefix(mostFrames)
        return shown.map(\.description).joined(separator: " < ")
    }

    /// `sessions, a Map, server.js:11`, or the chain from the variable on.
    private static func holders(_ steps: [HolderStep]) -> String {
        let chain =
            steps.count == 1 && !steps[0].edge.isEmpty && !steps[0].type.isEmpty
            ? "\(steps[0].edge), \(article(steps[0].type)) \(steps[0].type)"
            : shortened(steps).map { "\($0)" }.joined(separator: " → ")
        let place = steps.reversed().lazy.compactMap(\.location).first
        return place.map { "\(chain), \($0)" } ?? chain
    }

    /// The ends of a chain that is too long for a line.
    private static func shortened(_ steps: [HolderStep]) -> [String] {
        guard steps.count > 6 else { return steps.map(\.description) }
        return steps.prefix(3).map(\.description) + ["…"] + steps.suffix(2).map(\.description)
    }

    private static func article(_ type: String) -> String {
        "aeiouAEIOU".contains(type.prefix(1)) && !type.isEmpty ? "an" : "a"
    }
}
