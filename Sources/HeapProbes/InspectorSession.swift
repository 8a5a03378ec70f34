import FoundationEssentials
import ProcessResources
import WebSocketProtocol
import WebSockets

/// A conversation with the inspector of one process, in the Chrome DevTools protocol.
actor InspectorSession {
    private let pid: Int32
    private let connection: AsyncConnection
    private var lastID = 0

    /// For one answer; a collection of gigabytes takes seconds.
    private static let answerLimit = Duration.seconds(10)
    /// Memory that V8 does not count into its heap: what buffers hold.
    private static let externalBytes = "(globalThis.process ?? Deno).memoryUsage().external"

    init(pid: Int32, url: String) async throws(HeapProbeFailure) {
        self.pid = pid
        var configuration = ClientConfiguration()
        configuration.limits.closeLimit = .seconds(1)
        // Node's inspector does not know Ping.
        configuration.limits.pingInterval = nil
        configuration.limits.idleLimit = .seconds(7 * 86_400)
        do {
            connection = try await WebSocketClient.connect(to: url, configuration)
        } catch {
            throw HeapProbeFailure("the inspector of process \(pid) does not take a connection: \(error)")
        }
    }

    /// Collects all garbage and says what is left, in the heap and outside of it.
    func liveBytes() async throws(HeapProbeFailure) -> Double {
        // The inspector keeps what the program logs, for whoever opens the console.
        _ = try await ask("Runtime.discardConsoleEntries")
        // What the first collection leaves to finalisers, and of code that was dropped for its age, the second takes; and
        // what a program does on its own between a collection and the reading can only add.
        var used = Double.infinity
        for _ in 0..<2 {
            _ = try await ask("HeapProfiler.collectGarbage")
            used = min(used, try await ask("Runtime.getHeapUsage").usedSize ?? .infinity)
        }
        let external = try await ask(
            "Runtime.evaluate", Parameters(expression: Self.externalBytes, returnByValue: true))
        guard used.isFinite, let outside = external.result?.value else {
            throw HeapProbeFailure("the inspector of process \(pid) does not say how large the heap is")
        }
        return used + outside
    }

    func close() async {
        await connection.closeNow()
    }

    // MARK: Messages

    private struct Request: Encodable {
        var id: Int
        var method: String
        var params: Parameters?
    }

    private struct Parameters: Encodable, Sendable {
        var expression: String
        var returnByValue: Bool
    }

    private struct Answer: Decodable {
        struct Result: Decodable {
            struct Evaluation: Decodable {
                var value: Double?
            }
            var usedSize: Double?
            var result: Evaluation?
        }
        struct Failure: Decodable {
            var message: String
        }
        var id: Int?
        var result: Result?
        var error: Failure?
    }

    private func ask(
        _ method: String, _ parameters: Parameters? = nil
    ) async throws(HeapProbeFailure) -> Answer.Result {
        lastID += 1
        // A connection that is ended for its silence answers as one that has ended by itself.
        let watch = Task { [connection] in
            try await Task.sleep(for: Self.answerLimit)
            await connection.closeNow()
        }
        defer { watch.cancel() }
        do {
            let request = try JSONEncoder().encode(Request(id: lastID, method: method, params: parameters))
            try await connection.send(String(decoding: request, as: UTF8.self))
            // A question that was asked is answered within the limit, also when the check is cancelled meanwhile.
            while let message = await Task(operation: { [connection] in await connection.receive() }).value {
                let answer = try JSONDecoder().decode(Answer.self, from: Data(message.bytes))
                // Events have no number.
                guard answer.id == lastID else { continue }
                if let error = answer.error { throw HeapProbeFailure(error.message) }
                return answer.result ?? Answer.Result()
            }
            throw HeapProbeFailure("it ended, or gave no answer within \(Self.answerLimit)")
        } catch {
            throw HeapProbeFailure("the inspector of process \(pid), asked for \(method): \(error)")
        }
    }
}
