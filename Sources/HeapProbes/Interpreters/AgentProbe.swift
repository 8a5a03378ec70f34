import Glibc
import ProcessResources
import Remedies
import SystemCalls
import WebSocketProtocol

/// The live heap of the processes of an interpreter: an agent in each of them collects garbage and counts what is left, blocks
/// or objects; their bytes are read from outside right after that.
///
/// Of a clean server the count differs by some thousandths for each connection, so that a single object that stays is seen
/// among few connections. Bytes are those of the interpreter's own heap or allocator and of glibc's malloc, which extensions
/// use.
actor AgentProbe: HeapProbe {
    /// One process, with what reads its allocators.
    private struct Account: Sendable {
        let process: ProcessReader
        let reader: Locked<AllocatorReader>
        /// The heap of its objects at the last reading.
        let heap = Locked<ObjectHeap?>(nil)

        init(_ process: ProcessReader) {
            self.process = process
            reader = Locked(AllocatorReader(process))
        }
    }

    private struct Reading {
        var count: Int
        /// Nil where they could not be read this time.
        var bytes: Int?
    }

    private let interpreter: Interpreter
    private let agent: Agent
    /// Where processes listen that run already and are given the agent; nil for those that are started with it.
    private let attachment: HTTPLocation?
    private var accounts: [Account]
    /// Readings in a row in which the count was read and the bytes could not be read.
    private var failures = 0
    nonisolated let gauges: [HeapGauge]
    nonisolated let coversAllocators = true
    nonisolated let source: String

    private static let mostFailures = 5

    /// Asks the agent of each process once, which warms up what that itself needs. Processes that run already are given one
    /// first, where `attachment` says at what URL they are woken.
    init(
        _ interpreter: Interpreter, _ processes: [ProcessReader], _ agent: Agent,
        attachingAt attachment: HTTPLocation? = nil
    ) async throws(HeapProbeFailure) {
        self.interpreter = interpreter
        self.agent = agent
        self.attachment = attachment
        source = interpreter.source(isAttached: attachment != nil)
        if let attachment {
            accounts = try await agent.attach(to: processes.serving, waking: attachment).map(Account.init)
        } else {
            accounts = processes.map(Account.init)
        }
        var isReadable = true
        do throws(HeapProbeFailure) {
            for account in accounts {
                isReadable = try await Self.reading(account, interpreter, agent).bytes != nil && isReadable
            }
        } catch {
            gauges = []
            await close()
            throw error
        }
        gauges = isReadable ? [.liveBytes, interpreter.gauge] : [interpreter.gauge]
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        // The workers that were started since.
        var new = accounts.map(\.process).newDescendants()
            .filter { [interpreter] in (try? $0.runtime().runtime) == interpreter.runtime }
        if let attachment { new = try await agent.attach(to: new.filter(\.isServing), waking: attachment) }
        accounts += new.map(Account.init)
        var sum = Reading(count: 0, bytes: gauges.contains(.liveBytes) ? 0 : nil)
        var ended: HeapProbeFailure?
        for account in accounts {
            do throws(HeapProbeFailure) {
                let reading = try await Self.reading(account, interpreter, agent)
                sum.count += reading.count
                if let bytes = sum.bytes { sum.bytes = reading.bytes.map { bytes + $0 } }
            } catch {
                guard !account.process.isAlive else { throw error }
                ended = error
            }
        }
        accounts.removeAll { !$0.process.isAlive }
        if accounts.isEmpty, let ended { throw ended }
        var levels = [interpreter.gauge: Double(sum.count)]
        if gauges.contains(.liveBytes) { levels[.liveBytes] = try bytes(sum.bytes) }
        return levels
    }

    /// The bytes of a reading, if there are any; throws where there were none in too many in a row.
    private func bytes(_ bytes: Int?) throws(HeapProbeFailure) -> Double? {
        failures = bytes == nil ? failures + 1 : 0
        guard failures < Self.mostFailures else {
            throw HeapProbeFailure(
                "the allocators of process \(accounts[0].process.pid) could be read no more, \(failures) times in a row"
            )
        }
        return bytes.map(Double.init)
    }

    var besideAllocators: [Int32: MemoryBeside] {
        let known = accounts.compactMap { account in
            account.heap.withLock { $0 }.map { (account.process.pid, MemoryBeside(heap: $0)) }
        }
        return Dictionary(known) { $1 }
    }

    /// The timers of all processes; nil where one of them cannot be asked.
    func pendingTimers() async -> PendingTimers? {
        guard interpreter.knowsTimers else { return nil }
        var sum = PendingTimers()
        for account in accounts where account.process.isAlive {
            let found = try? await Thread.run("timers") { [agent, interpreter] () throws(HeapProbeFailure) in
                try agent.timers(of: account.process, interpreter)
            }
            guard case .success(let timers)? = found else { return nil }
            sum = sum + timers
        }
        return sum
    }

    /// Leaves the processes that ran already as they were.
    func close() async {
        let processes = attachment == nil ? [] : accounts.map(\.process)
        accounts = []
        await agent.leave(processes)
    }

    /// What one process holds: its agent is asked, then it is held still while its allocators are read.
    private static func reading(
        _ account: Account, _ interpreter: Interpreter, _ agent: Agent
    ) async throws(HeapProbeFailure) -> Reading {
        let process = account.process
        let outcome: Result<Reading, HeapProbeFailure>
        do {
            outcome = try await Thread.run("heap agent") { () throws(HeapProbeFailure) in
                let answer = try agent.answer(of: process, interpreter)
                // What the answer took is in use until its thread waits again.
                process.awaitRest(within: restLimit)
                account.heap.withLock { $0 = answer.heap }
                return Reading(count: answer.count, bytes: bytes(account, interpreter, answer.heap))
            }
        } catch {
            throw HeapProbeFailure("\(error)")
        }
        return try outcome.get()
    }

    /// The bytes in use; nil where the structures of the allocators contradict each other, or cannot be read, or where those of
    /// the objects are not known.
    private static func bytes(_ account: Account, _ interpreter: Interpreter, _ heap: ObjectHeap?) -> Int? {
        if interpreter.hasObjectHeap && heap == nil { return nil }
        for _ in 0..<holds {
            let usage = account.reader.withLock { stillUsage(&$0, of: account.process) }
            if let usage { return usage.liveBytes + (heap?.liveBytes ?? 0) }
        }
        return nil
    }

    /// One reading of the allocators; of a process that may be read and not be held, as it runs on.
    private static func stillUsage(_ reader: inout AllocatorReader, of process: ProcessReader) -> AllocatorUsage? {
        guard let hold = try? ProcessHold(process) else { return try? reader.usage() }
        let usage = try? reader.usage()
        hold.release()
        return usage
    }

    private static let restLimit = Duration.milliseconds(10)
    /// How often a process is held before its reading is given up: in the midst of an allocation it contradicts itself.
    private static let holds = 4
}
