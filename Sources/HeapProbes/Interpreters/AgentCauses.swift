package import ProcessResources
import Remedies
import SystemCalls

/// What the agents in the processes of an interpreter say of whom holds what is left, or of the lines that made it.
package struct AgentCauses: Sendable {
    private let interpreter: Interpreter
    private let agent: Agent
    private let processes: [ProcessReader]
    /// Those that ran already and were given an agent for this.
    private let attached: [ProcessReader]

    /// Where the texts come from, in words.
    package var source: String { interpreter.causesSource }

    /// The agents in `subject`, all of one interpreter; nil where it runs none that has agents. A command must have been
    /// started with the environment of a probe for it; a CPython that runs already is given an agent until `close()`.
    package init?(_ subject: HeapSubject) async throws(HeapProbeFailure) {
        for interpreter in Interpreter.allCases {
            let found = subject.processes.filter { (try? $0.runtime())?.runtime == interpreter.runtime }
            guard !found.isEmpty else { continue }
            let agent = try Agent.own.get()
            self.interpreter = interpreter
            self.agent = agent
            let isStarted = subject.isOwn || !interpreter.canAttach
            processes = isStarted ? found : found.serving
            let lacking = isStarted ? [] : processes.filter { !agent.isThere($0) }
            attached = try await agent.attach(to: lacking, waking: subject.url)
            return
        }
        return nil
    }

    /// Has the agents end that were given to processes which ran already.
    package func close() async { await agent.leave(attached) }

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
