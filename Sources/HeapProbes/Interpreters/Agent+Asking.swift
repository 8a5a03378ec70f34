import Glibc
import ProcessResources
import Remedies
import SystemCalls
import WebSocketProtocol

/// Asking an agent.
extension Agent {
    /// How long an agent may take to collect and answer, on a machine that does much else, and to be there at all.
    private static let (answerLimit, absenceLimit) = (Duration.seconds(30), Duration.seconds(2))
    /// How long it may take to follow all objects, and how much it may say of them.
    private static let (causesLimit, mostCauseBytes) = (Duration.seconds(60), 256 << 20)
    /// How long to wait before an agent that was absent is asked again.
    private static let retryMicroseconds: UInt32 = 10_000

    /// Has a process collect its garbage, and returns what it holds then; blocks the thread.
    func answer(of process: ProcessReader, _ interpreter: Interpreter) throws(HeapProbeFailure) -> AgentAnswer {
        let text = try text(of: process, interpreter, to: "read\n", within: Self.answerLimit)
        guard let answer = AgentAnswer(text, word: interpreter.word) else {
            throw HeapProbeFailure(
                "the agent in process \(process.pid) answers \"\(String(text.prefix(40)).escapedForTerminal)\", which says "
                    + "nothing")
        }
        return answer
    }

    /// Has a process collect its garbage, and returns what it says of whom holds or what made the rest; blocks the thread.
    func causes(of process: ProcessReader, _ interpreter: Interpreter) throws(HeapProbeFailure) -> String {
        let text = try text(
            of: process, interpreter, to: "causes\n", within: Self.causesLimit, maximumBytes: Self.mostCauseBytes)
        if text.hasPrefix("refused ") {
            throw HeapProbeFailure(
                "process \(process.pid) has too many objects to follow them all (\(text.dropFirst(8).dropLast())): it would stand "
                    + "still for minutes")
        }
        guard text.hasSuffix("\n"), !text.hasPrefix("failed ") else {
            throw HeapProbeFailure(
                "the agent in process \(process.pid) could not say what is held: \(String(text.prefix(200).prefix { $0 != "\n" }).escapedForTerminal)"
            )
        }
        return text
    }

    /// What a process says of the code that opened what is open there, in lines; blocks the thread.
    func openings(of process: ProcessReader, _ interpreter: Interpreter) throws(HeapProbeFailure) -> String {
        try text(
            of: process, interpreter, to: "openers\n", within: Self.answerLimit, maximumBytes: Self.mostCauseBytes)
    }

    /// The timers that are set in a process; blocks the thread.
    func timers(of process: ProcessReader, _ interpreter: Interpreter) throws(HeapProbeFailure) -> PendingTimers {
        let text = try text(of: process, interpreter, to: "timers\n", within: Self.answerLimit)
        guard let timers = PendingTimers(text) else {
            throw HeapProbeFailure(
                "the agent in process \(process.pid) answers \"\(String(text.prefix(40)).escapedForTerminal)\", which are no timers"
            )
        }
        return timers
    }

    private func text(
        of process: ProcessReader, _ interpreter: Interpreter, to request: String, within limit: Duration,
        maximumBytes: Int = 65_536
    ) throws(HeapProbeFailure) -> String {
        do throws(SystemCallError) {
            return try answer(of: process, to: request, within: limit, maximumBytes: maximumBytes)
        } catch {
            throw HeapProbeFailure(Self.explained(error, process, interpreter))
        }
    }

    /// Asks, and asks again for a while where nobody is there: around a fork the agent is away for a moment.
    private func answer(
        of process: ProcessReader, to request: String, within limit: Duration, maximumBytes: Int
    ) throws(SystemCallError) -> String {
        let name = socketName(of: process.pid)
        let began = MonotonicTime.now
        while true {
            do throws(SystemCallError) {
                return try AbstractSocket.answer(
                    of: name, to: request, by: began + limit, maximumBytes: maximumBytes)
            } catch {
                let isAbsent = [ECONNREFUSED, ECONNRESET, EPIPE].contains(error.errno)
                guard isAbsent, began.elapsed < Self.absenceLimit else { throw error }
            }
            usleep(Self.retryMicroseconds)
        }
    }

    private static func explained(_ error: SystemCallError, _ process: ProcessReader, _ interpreter: Interpreter)
        -> Problem
    {
        switch error.errno {
        case ECONNREFUSED:
            "process \(process.pid) has no agent: \(interpreter.absence)"
                + "\(remedies: .outside("start it so"), .goWithoutHeap, after: .remark)"
        case ETIMEDOUT:
            "the agent in process \(process.pid) does not answer in time: the interpreter is held by a debugger, by an "
                + "extension or by a long computation"
        default: "the agent in process \(process.pid) cannot be asked: \(error)"
        }
    }
}
