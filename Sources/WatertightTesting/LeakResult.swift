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
    /// The amount, its interval and what is left.
    var description: String {
        let mean = (interval.lowerBound + interval.upperBound) / 2
        var text =
            "\(resource.rawValue): \(amount(mean)) for each run, 99% interval \(amount(interval.lowerBound)) to "
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

/// What a leak check came to.
struct LeakResult {
    /// What leaks.
    var findings: [LeakFinding] = []
    /// Whether the heap moved so much that a leak of memory could hide.
    var isHeapHidden = false

    /// The issue's text; nil when nothing leaks.
    var problem: String? {
        guard !findings.isEmpty else { return nil }
        return "each run leaves something behind" + findings.map { "\n  \($0)" }.joined()
    }

    /// What could not be judged, and what to do about it.
    var caution: String? {
        guard isHeapHidden else { return nil }
        return """
            leaks of memory could not be judged, because the heap never came to rest: something else in this process \
            allocates, or what the code keeps for its next run is not filled yet; descriptors, threads and objects were \
            judged. Give the check a process of its own, or more runs: \
            await #expect(processExitsWith: .success) { try await expectNoLeaks { … } }
            """
    }

    /// Records an issue for what leaks, a warning for what was not judged.
    func record(at location: SourceLocation) {
        if let problem { Issue.record("\(problem)", sourceLocation: location) }
        if let caution { Issue.record("\(caution)", severity: .warning, sourceLocation: location) }
    }
}
