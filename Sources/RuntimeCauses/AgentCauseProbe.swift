import Causes
import HeapProbes
import ProcessResources

/// Causes in CPython, by the holders of objects and the lines that tasks and threads stand at, and in Ruby, by the lines that
/// allocated what is left: as the agents in the interpreters say.
struct AgentCauseProbe: CauseProbe {
    private let agents: AgentCauses
    private let processes: [ProcessReader]
    private let servingPort: UInt16

    var source: String { agents.source }

    /// Nil where the processes run neither.
    init?(_ subject: HeapSubject) async throws(HeapProbeFailure) {
        guard let agents = try await AgentCauses(subject) else { return nil }
        self.agents = agents
        processes = subject.processes
        servingPort = subject.url.port
    }

    func refined(_ causes: [Cause]) async -> [Cause] {
        await DescriptorOpeners.named(causes, in: processes, servingPort: servingPort) { process, _ in
            await agents.openings(of: process).openers
        }
    }

    func snapshot() async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        let texts = try await Explanation.explained { () throws(HeapProbeFailure) in try await agents.texts() }
        for text in texts {
            guard snapshot.add(text) else { throw Explanation.Failure("an agent answers with what says nothing") }
        }
        return snapshot
    }

    func close() async { await agents.close() }
}

extension CauseSnapshot {
    /// Adds what one agent says: nodes of the tree, an empty line, and lines `KIND COUNT BYTES WHAT` with `FUNCTION FILE LINE` for
    /// each frame of the site, separated by tabs. False where a line is none of this.
    mutating func add(_ text: String) -> Bool {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        guard held.add(lines: lines[..<end]) else { return false }
        return lines[end...].allSatisfy { $0.isEmpty || add(counted: $0) }
    }

    private mutating func add(counted line: Substring) -> Bool {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard fields.count >= 4, let kind = Cause.Kind(rawValue: String(fields[0])), let count = Int(fields[1]),
            let bytes = Int(fields[2])
        else { return false }
        var site: [CodeFrame] = []
        var rest = fields.dropFirst(4)
        while rest.count >= 3 {
            site.append(CodeFrame(String(rest.first ?? ""), at: CodeLocation(fields: rest.dropFirst())))
            rest = rest.dropFirst(3)
        }
        let signature = CauseSignature(kind, String(fields[3]), site: site)
        counted[signature, default: Tally(0)].count += count
        counted[signature, default: Tally(0)].bytes += bytes
        return true
    }
}
