import FoundationEssentials
public import Lifecycles

/// One event of a trace as a line of JSON, schema `watertight.trace/1`.
public struct TraceLine {
    /// The name and version of the schema.
    public static let schema = "watertight.trace/1"

    private struct Document: Encodable {
        var schema = TraceLine.schema
        var connection: Int
        var seconds: Double
        var kind: String
        var step: String?
        var octets: String?
        var words: String?
    }

    /// The line, ended by a newline; octets as pairs of hexadecimal digits.
    public static func render(_ event: TraceEvent) throws -> String {
        var document = Document(connection: event.connection, seconds: event.time / .seconds(1), kind: "")
        switch event.kind {
        case .connected: document.kind = "connected"
        case .step(let step): (document.kind, document.step) = ("step", step)
        case .sent(let bytes): (document.kind, document.octets) = ("sent", Hexadecimal.render(bytes, separator: ""))
        case .received(let bytes):
            (document.kind, document.octets) = ("received", Hexadecimal.render(bytes, separator: ""))
        case .records(let bytes, let isSent):
            (document.kind, document.octets) = (
                isSent ? "sentRecords" : "receivedRecords", Hexadecimal.render(bytes, separator: "")
            )
        case .streamEnded(let words): (document.kind, document.words) = ("streamEnded", words)
        case .ended(let problem): (document.kind, document.words) = ("ended", problem?.words)
        }
        return try JSONText.render(document, pretty: false) + "\n"
    }
}
