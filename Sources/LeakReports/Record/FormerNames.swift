import LeakCheck

/// Maps names of TCP states in records of earlier versions to those of this one.
extension CheckRecord.Entry {
    private static let former = ["NO_ROW": "UNLISTED"]

    /// Replaces former names by the current ones.
    mutating func renameStates() {
        switch self {
        case .header: break
        case .sample(var sample):
            guard let states = sample.tcpStates else { return }
            sample.tcpStates = Self.renamed(states)
            self = .sample(sample)
        case .row(var facts):
            facts.tcpStatesAtStart = Self.renamed(facts.tcpStatesAtStart)
            facts.tcpStatesAtEnd = Self.renamed(facts.tcpStatesAtEnd)
            self = .row(facts)
        case .end(var end):
            for row in end.findings.indices {
                for index in end.findings[row].indices {
                    end.findings[row][index].tcpStates = Self.renamed(end.findings[row][index].tcpStates)
                }
            }
            for (former, present) in Self.former {
                for index in (end.growth ?? []).indices where end.growth?[index].gauge == "tcp.\(former)" {
                    end.growth?[index].gauge = "tcp.\(present)"
                }
            }
            self = .end(end)
        }
    }

    private static func renamed(_ states: [String: Int]) -> [String: Int] {
        guard states.keys.contains(where: { former[$0] != nil }) else { return states }
        return Dictionary(states.map { (former[$0] ?? $0, $1) }, uniquingKeysWith: +)
    }
}
