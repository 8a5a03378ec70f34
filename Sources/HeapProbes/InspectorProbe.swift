import ProcessResources
import SystemCalls

/// The live heap of processes of Node.js or Deno, read through the inspector of V8 after a collection.
///
/// Each reading connects to the inspectors and lets go of them again: a process that is to exit waits for whoever inspects
/// it, so a worker that is replaced after some requests would never be. Of a small server a reading takes 12 ms in this way
/// and took no less over a connection that stayed: nearly all of it is the collections. A hundred readings in a row differ
/// by some kilobytes, most of that in the first few. What an open inspector itself costs the target, a listening socket and
/// a thread, stays until the process ends.
actor InspectorProbe: HeapProbe {
    /// A process whose inspector is open.
    private struct Inspected {
        let process: ProcessReader
        let url: String
    }

    private var inspected: [Inspected] = []
    private let servingPort: UInt16

    nonisolated let gauges = [HeapGauge.liveBytes]
    nonisolated let source = "V8's inspector, after a collection"

    /// For a process to close its end of a connection, which it does at once unless it is busy.
    private static let partingLimit = Duration.milliseconds(500)

    /// Opens the inspectors.
    init(_ processes: [ProcessReader], servingPort: UInt16) async throws(HeapProbeFailure) {
        self.servingPort = servingPort
        for process in processes { try await open(process) }
    }

    /// The sum over all processes, with the descendants that have come since the last reading and without what has ended.
    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        for process in newcomers() {
            // One that is not ready to be inspected is looked at again at the next reading.
            try? await open(process)
        }
        var sum = 0.0
        var ended: HeapProbeFailure?
        for each in inspected {
            do {
                sum += try await Self.liveBytes(each)
            } catch {
                guard !each.process.isAlive else { throw error }
                ended = error
            }
        }
        inspected.removeAll { !$0.process.isAlive }
        if inspected.isEmpty, let ended { throw ended }
        return [.liveBytes: sum]
    }

    /// The timers of all processes; nil where one of them cannot be asked.
    func pendingTimers() async -> PendingTimers? {
        var sum = PendingTimers()
        for each in inspected where each.process.isAlive {
            let found = try? await Self.visit(each) { session async throws(HeapProbeFailure) in
                try await session.pendingTimers()
            }
            guard let timers = found else { return nil }
            sum = sum + timers
        }
        return sum
    }

    /// Nothing is held between readings.
    func close() {}

    private func open(_ process: ProcessReader) async throws(HeapProbeFailure) {
        let endpoint = InspectorEndpoint(process, servingPort: servingPort)
        inspected.append(Inspected(process: process, url: try await endpoint.url()))
    }

    /// The workers that were started since.
    private func newcomers() -> [ProcessReader] {
        let known = Set(inspected.map(\.process.pid))
        var found: [Int32: ProcessReader] = [:]
        for each in inspected {
            for pid in (try? each.process.descendants()) ?? [] where !known.contains(pid) && found[pid] == nil {
                guard let reader = try? ProcessReader(pid: pid), (try? reader.runtime().runtime) == .node else {
                    continue
                }
                found[pid] = reader
            }
        }
        return found.values.sorted { $0.pid < $1.pid }
    }

    private static func liveBytes(_ inspected: Inspected) async throws(HeapProbeFailure) -> Double {
        try await visit(inspected) { session async throws(HeapProbeFailure) in try await session.liveBytes() }
    }

    /// Asks the inspector of a process something, and lets go of it again.
    private static func visit<Answer>(
        _ inspected: Inspected, _ ask: (InspectorSession) async throws(HeapProbeFailure) -> Answer
    ) async throws(HeapProbeFailure) -> Answer {
        let before = try? inspected.process.descriptorCount()
        let session = try await InspectorSession(pid: inspected.process.pid, url: inspected.url)
        let answer: Answer
        do {
            answer = try await ask(session)
        } catch {
            await session.close()
            throw error
        }
        await session.close()
        // Whoever counts descriptors next must not find this connection among them.
        let deadline = MonotonicTime.now + partingLimit
        while let before, let now = try? inspected.process.descriptorCount(), now > before, MonotonicTime.now < deadline
        {
            try? await Task.sleep(for: .milliseconds(1))
        }
        return answer
    }
}
