package import ProcessResources
import Remedies
import SystemCalls

/// What the agents in the processes of an interpreter say of whom holds what is left, or of the lines that made it.
package struct AgentCauses: Sendable {
    private let interpreter: Interpreter
    private let agent: Agent
    private let processes: [ProcessReader]

    /// Where the texts come from, in words.
    package var source: String { interpreter.causesSource }

    /// The agents in `processes`, all of one interpreter; nil where they run none that has agents. The command must have been
    /// started with the environment of a probe for it.
    package init?(_ processes: [ProcessReader]) throws(HeapProbeFailure) {
        for interpreter in Interpreter.allCases {
            let found = processes.filter { (try? $0.runtime())?.runtime == interpreter.runtime }
            guard !found.isEmpty else { continue }
            self.interpreter = interpreter
            self.processes = found
            agent = try Agent.own.get()
            return
        }
        return nil
    }

    /// What each agent says now, after a collection: lines of paths that hold objects, an empty line, and lines of what is known
    /// by its site; the files of the agents say what is in a line.
    package func texts() async throws(HeapProbeFailure) -> [String] {
        var texts: [String] = []
        for process in processes + processes.newDescendants() where process.isAlive {
            guard (try? process.runtime())?.runtime == interpreter.runtime else { continue }
            let outcome: Result<String, HeapProbeFailure>
            do {
                outcome = try await Thread.run("causes") { [agent, interpreter] () throws(HeapProbeFailure) in
                    try agent.causes(of: process, interpreter)
                }
            } catch {
                throw HeapProbeFailure("\(error)")
            }
            texts.append(try outcome.get())
        }
        return texts
    }
}

extension AgentCauses {
    /// Which code opened what is open in `process`; nothing where its agent does not follow that.
    package func openings(of process: ProcessReader) async -> [FollowedOpening] {
        guard interpreter.followsOpenings else { return [] }
        let text = try? await Thread.run("openings") { [agent, interpreter] () throws(HeapProbeFailure) in
            try agent.openings(of: process, interpreter)
        }
        guard case .success(let lines)? = text else { return [] }
        return lines.split(separator: "\n").compactMap(FollowedOpening.init(agentLine:))
    }
}

extension Interpreter {
    fileprivate var causesSource: String {
        switch self {
        case .python: "the holders of all objects, by an agent in CPython"
        case .ruby: "the lines that allocated objects, by an agent in Ruby"
        }
    }
}
