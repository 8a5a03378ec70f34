import FoundationEssentials
public import LeakCheck
import Remedies

/// One line of a record as JSON, schema `watertight.record/1`: an object whose `kind` says what it is.
public struct RecordLine {
    /// The line, ended by a newline.
    public static func render(_ entry: CheckRecord.Entry) throws -> String {
        try JSONText.render(Document(entry: entry), pretty: false) + "\n"
    }

    /// The entry of a line; throws `DecodingError` for anything else.
    static func entry(of line: ArraySlice<UInt8>) throws -> CheckRecord.Entry {
        try JSONText.decoder().decode(Document.self, from: Data(line)).entry
    }

    /// The schema that a line names, which the first of a record does.
    static func schema(of line: ArraySlice<UInt8>) -> String? {
        try? JSONDecoder().decode(Opening.self, from: Data(line)).schema
    }

    private struct Opening: Decodable {
        var schema: String
    }

    private enum Kind: String, Codable {
        case header, sample, row, end
    }

    private enum Key: String, CodingKey {
        case kind, problems
    }

    private struct Document: Codable {
        var entry: CheckRecord.Entry

        init(entry: CheckRecord.Entry) {
            self.entry = entry
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            // What a later version knows of a problem may not be known to this one, which then has its words.
            if let problems = try? container.decode([String: [Problem.Piece]].self, forKey: .problems) {
                (decoder.userInfo[ProblemTable.key] as? ProblemTable)?.add(problems)
            }
            switch try container.decode(Kind.self, forKey: .kind) {
            case .header: entry = .header(try CheckRecord.Header(from: decoder))
            case .sample: entry = .sample(try CheckResult.Sample(from: decoder))
            case .row: entry = .row(try CheckRecord.RowFacts(from: decoder))
            case .end: entry = .end(try CheckRecord.End(from: decoder))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            switch entry {
            case .header(let header):
                try container.encode(Kind.header, forKey: .kind)
                try header.encode(to: encoder)
            case .sample(let sample):
                try container.encode(Kind.sample, forKey: .kind)
                try sample.encode(to: encoder)
            case .row(let facts):
                try container.encode(Kind.row, forKey: .kind)
                try facts.encode(to: encoder)
            case .end(let end):
                try container.encode(Kind.end, forKey: .kind)
                try end.encode(to: encoder)
            }
            let problems = (encoder.userInfo[ProblemTable.key] as? ProblemTable)?.entries ?? [:]
            if !problems.isEmpty { try container.encode(problems, forKey: .problems) }
        }
    }
}
