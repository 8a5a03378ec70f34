import Glibc
import ProcessResources
import SystemCalls
import WebSocketProtocol

/// Asking an agent.
extension Agent {
    /// How long an agent may take to collect and answer, on a machine that does much else, and to be there at all.
    private static let (answerLimit, absenceLimit) = (Duration.seconds(30), Duration.seconds(2))
    /// How long to wait before an agent that was absent is asked again.
    private static let retryMicroseconds: UInt32 = 10_000

    /// Has a process collect its garbage, and returns what it holds then; blocks the thread.
    func answer(of process: ProcessReader, _ interpreter: Interpreter) throws(HeapProbeFailure) -> AgentAnswer {
        let text: String
        do throws(SystemCallError) {
            text = try answer(of: process)
        } catch {
            throw HeapProbeFailure(Self.explained(error, process, interpreter))
        }
        guard let answer = AgentAnswer(text, word: interpreter.word) else {
            throw HeapProbeFailure(
                "the agent in process \(process.pid) answers \"\(String(text.prefix(40)).escapedForTerminal)\", which says "
                    + "nothing")
        }
        return answer
    }

    /// Asks, and asks again for a while where nobody is there: around a fork the agent is away for a moment.
    private func answer(of process: ProcessReader) throws(SystemCallError) -> String {
        let name = socketName(of: process.pid)
        let began = MonotonicTime.now
        while true {
            do throws(SystemCallError) {
                return try AbstractSocket.answer(of: name, to: "read\n", by: began + Self.answerLimit)
            } catch {
                let isAbsent = [ECONNREFUSED, ECONNRESET, EPIPE].contains(error.errno)
                guard isAbsent, began.elapsed < Self.absenceLimit else { throw error }
            }
            usleep(Self.retryMicroseconds)
        }
    }

    private static func explained(_ error: SystemCallError, _ process: ProcessReader, _ interpreter: Interpreter)
        -> String
    {
        switch error.errno {
        case ECONNREFUSED:
            "process \(process.pid) has no agent: \(interpreter.absence); start it so, or go without with --heap none"
        case ETIMEDOUT:
            "the agent in process \(process.pid) does not answer in time: the interpreter is held by a debugger, by an "
                + "extension or by a long computation"
        default: "the agent in process \(process.pid) cannot be asked: \(error)"
        }
    }
}
