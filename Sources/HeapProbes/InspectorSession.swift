import FoundationEssentials
import ProcessResources
import Remedies
import WebSocketProtocol
import WebSockets

/// A conversation with the inspector of one process, in the Chrome DevTools protocol. One task holds it at a time.
package final class InspectorSession {
    let pid: Int32
    private let connection: AsyncConnection
    private var lastID = 0

    /// For one answer; a collection of gigabytes takes seconds.
    static let answerLimit = Duration.seconds(10)

    /// Connects to the inspector at `url`.
    package init(pid: Int32, url: String) async throws(HeapProbeFailure) {
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

    /// Lets go of the process, which no longer waits for us when it is to end.
    package func close() async {
        await connection.closeNow()
    }

    // MARK: Messages

    private struct Request: Encodable {
        var id: Int
        var method: String
        var params: InspectorParameters?
    }

    private struct Answer: Decodable {
        struct Failure: Decodable {
            var message: String
        }
        var id: Int?
        var result: InspectorResult?
        var error: Failure?
    }

    /// What the inspector answers to `method`; it gives `event` the text of each message that comes before.
    @discardableResult
    func ask(
        _ method: String, _ parameters: InspectorParameters? = nil, within limit: Duration = answerLimit,
        event: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) async throws(HeapProbeFailure) -> InspectorResult {
        lastID += 1
        // A connection that is ended for its silence answers as one that has ended by itself.
        let watch = Task { [connection] in
            try await Task.sleep(for: limit)
            await connection.closeNow()
        }
        defer { watch.cancel() }
        do {
            let request = try JSONEncoder().encode(Request(id: lastID, method: method, params: parameters))
            try await connection.send(String(decoding: request, as: UTF8.self))
            // A question that was asked is answered within the limit, also when the check is cancelled meanwhile.
            while let message = await Task(operation: { [connection] in await connection.receive() }).value {
                guard !Self.isEvent(message) else {
                    message.withUnsafeBytes(event)
                    continue
                }
                let answer = try JSONDecoder().decode(Answer.self, from: Data(message.bytes))
                guard answer.id == lastID else { continue }
                if let error = answer.error { throw HeapProbeFailure(Problem(error.message)) }
                return answer.result ?? InspectorResult()
            }
            throw HeapProbeFailure("it ended, or gave no answer within \(limit)")
        } catch {
            throw HeapProbeFailure("the inspector of process \(pid), asked for \(method): \(error)")
        }
    }

    /// Events have no number. V8 writes their method first, which is faster to see than to decode a part of a heap.
    private static func isEvent(_ message: Message) -> Bool {
        message.withUnsafeBytes { $0.starts(with: "{\"method\":".utf8) }
    }
}

/// What a question to the inspector says beyond its method.
struct InspectorParameters: Encodable {
    var expression: String?
    var returnByValue: Bool?
    var reportProgress: Bool?
    var objectGroup: String?
    var objectId: String?
    var prototypeObjectId: String?
    var functionDeclaration: String?
}

/// What we read of the inspector's answers.
struct InspectorResult: Decodable {
    struct Evaluation: Decodable {
        var value: Double?
        var text: String?
        var objectId: String?

        private enum CodingKeys: CodingKey {
            case value, objectId
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            value = try? values.decode(Double.self, forKey: .value)
            text = try? values.decode(String.self, forKey: .value)
            objectId = try? values.decode(String.self, forKey: .objectId)
        }
    }
    struct Objects: Decodable {
        var objectId: String?
    }
    var usedSize: Double?
    var result: Evaluation?
    var objects: Objects?
}
