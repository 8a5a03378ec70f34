import ProcessResources

/// The live heap of processes of Node.js or Deno, read through the inspector of V8 after a collection.
struct InspectorProbe: HeapProbe {
    private let sessions: [InspectorSession]

    let gauge = HeapGauge.liveBytes
    let source = "V8's inspector, after a collection"

    /// Opens the inspectors.
    ///
    /// They and the connections to them cost the target descriptors and a thread, which stay the same until `close`.
    init(_ processes: [ProcessReader], servingPort: UInt16) async throws(HeapProbeFailure) {
        var sessions: [InspectorSession] = []
        do {
            for process in processes {
                let isNode = (try? process.runtime().runtime) == .node
                let endpoint = InspectorEndpoint(
                    process: process, opensOnSignal: isNode, servingPort: servingPort)
                sessions.append(try await InspectorSession(pid: process.pid, url: endpoint.url()))
            }
        } catch {
            for session in sessions { await session.close() }
            throw error
        }
        self.sessions = sessions
    }

    func read() async throws(HeapProbeFailure) -> Double {
        var sum = 0.0
        for session in sessions { sum += try await session.liveBytes() }
        return sum
    }

    func close() async {
        for session in sessions { await session.close() }
    }
}
