import Causes
import Testing

/// What each run leaves behind of one resource.
struct LeakFinding {
    var resource: LeakedResource
    /// For each run, with 99% confidence: a count, or bytes.
    var interval: ClosedRange<Double>
    /// What is left, as evidence; nothing for memory.
    var leftOvers: [LeftOver]
}

extension LeakFinding: CustomStringConvertible {
    /// The amount for each run, in the middle of the interval.
    var perRun: Double { (interval.lowerBound + interval.upperBound) / 2 }

    /// The amount, its interval and what is left.
    var description: String {
        var text =
            "\(resource.rawValue): \(amount(perRun)) for each run, 99% interval \(amount(interval.lowerBound)) to "
            + amount(interval.upperBound)
        for left in leftOvers { text += "\n    \(left)" }
        return text
    }

    private func amount(_ value: Double) -> String {
        if resource == .heap { return "\(Int(value.rounded())) B" }
        let hundredths = Int((value * 100).rounded())
        let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
        return (hundredths < 0 ? "-" : "") + "\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// The result of a leak check.
struct LeakResult {
    /// What leaks.
    var findings: [LeakFinding] = []
    /// Which lines leave what leaks, or why that is not known; nil where it was not looked for.
    var explanation: Explanation?
    /// What varied so much that a leak of it could hide.
    var hidden: Set<LeakedResource> = []
    /// What is left of the judged runs, and did not recur with the same runs.
    var remainder: [LeftOver] = []

    /// The issue's text; nil when nothing leaks.
    var problem: String? {
        guard !findings.isEmpty else { return nil }
        let causes = explanation.map { CauseText($0, of: "runs").lines } ?? []
        return "each run leaves something behind" + findings.map { "\n  \($0)" }.joined()
            + causes.map { "\n  \($0)" }.joined()
    }

    /// What could not be judged, and what to do about it.
    var caution: String? {
        guard !hidden.isEmpty else { return nil }
        let judged = LeakedResource.allCases.filter { !hidden.contains($0) }.map(\.plural)
        let rest = judged.isEmpty ? "" : "; \(judged.formatted) \(judged == ["memory"] ? "was" : "were") judged"
        return """
            leaks of \(LeakedResource.allCases.filter(hidden.contains).map(\.plural).formatted) could not be judged, because \
            they never came to rest: something else in this process allocates or opens, or what the code keeps for its next \
            run is not filled yet\(rest). Give the check a process of its own, or more runs: \
            await #expect(processExitsWith: .success) { try await expectNoLeaks { … } }
            """
    }

    /// What is left though nothing shows that it recurs, as a warning.
    var remark: String? {
        guard !remainder.isEmpty else { return nil }
        return
            "something of the judged runs is left, and did not come again when they were repeated: kept once, for a while "
            + "longer, or by something else in this process" + remainder.map { "\n    \($0)" }.joined()
    }

    /// Records an issue for what leaks, a warning for what is left or was not judged.
    func record(at location: SourceLocation) {
        if let problem { Issue.record("\(problem)", sourceLocation: location) }
        if let remark { Issue.record("\(remark)", severity: .warning, sourceLocation: location) }
        if let caution { Issue.record("\(caution)", severity: .warning, sourceLocation: location) }
    }
}

extension LeakedResource {
    /// Several of it, in a sentence.
    fileprivate var plural: String { self == .heap ? "memory" : rawValue }
}

extension [String] {
    /// In a sentence: "one, two and three".
    fileprivate var formatted: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " and " + self[count - 1]
    }
}
