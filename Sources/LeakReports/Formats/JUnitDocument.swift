import LeakStatistics

/// Test cases as JUnit XML, one test suite `watertight`, which any CI system shows.
struct JUnitDocument {
    /// One test case.
    struct Case {
        /// How it ended; where it did not pass, with a message and further lines.
        enum Outcome {
            /// Nothing leaks, in words.
            case passed(String)
            /// A leak.
            case failed(String, more: [String])
            /// A leak that is known.
            case skipped(String, more: [String])
            /// What could not be judged.
            case undecided(String)
        }

        /// What shows as its class: a lifecycle, a group of pods.
        var group: String
        var name: String
        /// Its time in seconds; whoever adds the times up counts each second once.
        var seconds: Double
        var outcome: Outcome
    }

    /// When it began, in UTC.
    var timestamp: String
    /// How long all of it took.
    var seconds: Double
    var properties: [(name: String, value: String)]
    var cases: [Case]
    /// What the suite says; empty for nothing.
    var output = ""

    /// The document.
    func render() -> String {
        let counts = Self.attributes([
            ("name", "watertight"), ("tests", "\(cases.count)"),
            ("failures", "\(cases.count { if case .failed = $0.outcome { true } else { false } })"),
            ("errors", "\(cases.count { if case .undecided = $0.outcome { true } else { false } })"),
            ("skipped", "\(cases.count { if case .skipped = $0.outcome { true } else { false } })"),
            ("time", Amount.count(seconds)),
        ])
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites\(counts)>"]
        // The schema's timestamps have no zone: they are UTC.
        let moment = Self.attributes([("timestamp", String(timestamp.prefix { $0 != "Z" }))])
        lines += ["  <testsuite\(counts)\(moment)>", "    <properties>"]
        lines += properties.map { name, value in
            "      <property\(Self.attributes([("name", name), ("value", value)]))/>"
        }
        lines.append("    </properties>")
        lines += cases.flatMap(\.lines)
        if !output.isEmpty { lines.append("    <system-out>\(MarkupText.escaped(output))</system-out>") }
        lines += ["  </testsuite>", "</testsuites>"]
        return lines.joined(separator: "\n") + "\n"
    }

    fileprivate static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0.0)=\"\(MarkupText.escaped($0.1))\"" }.joined()
    }
}

extension JUnitDocument.Case {
    fileprivate var lines: [String] {
        let identity = JUnitDocument.attributes([
            ("classname", group), ("name", name), ("time", Amount.count(seconds)),
        ])
        return ["    <testcase\(identity)>", "      " + element, "    </testcase>"]
    }

    private var element: String {
        switch outcome {
        case .passed(let words): "<system-out>\(MarkupText.escaped(words))</system-out>"
        case .failed(let message, let more): element("failure", "leak", message, more)
        case .skipped(let message, let more): element("skipped", "leak", message, more)
        case .undecided(let message): element("error", "inconclusive", message, [])
        }
    }

    private func element(_ name: String, _ type: String, _ message: String, _ more: [String]) -> String {
        let content = MarkupText.escaped(([message] + more).joined(separator: "\n"))
        return "<\(name)\(JUnitDocument.attributes([("message", message), ("type", type)]))>\(content)</\(name)>"
    }
}
