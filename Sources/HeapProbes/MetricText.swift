import FoundationEssentials
import Remedies

/// Values as programs print them: a number alone, JSON, OpenMetrics or Prometheus text.
enum MetricText: Equatable {
    /// A number without a name.
    case number(Double)
    /// Numbers by name, in the order in which they came.
    case named([Value])

    struct Value: Equatable {
        /// The name, with its labels if it has any: `open_sessions{room="a"}`; of JSON the path, `heap.used`.
        var name: String
        var amount: Double

        /// The name without labels.
        var family: Substring { name.prefix { $0 != "{" } }
    }

    /// Names in an error that lists them.
    private static let listed = 20

    /// Reads whichever of the forms `bytes` has.
    init(_ bytes: [UInt8]) throws(HeapProbeFailure) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HeapProbeFailure(
                "what it prints is not text: a number, JSON or OpenMetrics text is read"
                    + "\(remedies: .readGoProfile, after: .remark)")
        }
        let trimmed = Substring(text.drop(while: \.isWhitespace))
        if let amount = Double(trimmed.prefix { !$0.isWhitespace }), amount.isFinite,
            trimmed.drop(while: { !$0.isWhitespace }).allSatisfy(\.isWhitespace)
        {
            self = .number(amount)
        } else if trimmed.first == "{" {
            self = .named(try Self.json(bytes))
        } else if trimmed.hasPrefix("heap profile:") {
            throw HeapProbeFailure("it is a heap profile\(remedies: .readGoProfile)")
        } else {
            self = .named(Self.exposition(trimmed))
        }
    }

    /// No process holds more of anything; a value beyond it is a mistake of the page's, and would drown all others.
    static let largest = 1e15

    /// The value called `key`, or the only one; a number without a name is whatever `key` calls it.
    func amount(key: String?) throws(HeapProbeFailure) -> Double {
        let amount = try anyAmount(key: key)
        guard amount.magnitude <= Self.largest else {
            throw HeapProbeFailure("it prints \(amount), which is more than any process holds")
        }
        return amount
    }

    private func anyAmount(key: String?) throws(HeapProbeFailure) -> Double {
        switch self {
        case .number(let amount): return amount
        case .named(let values):
            guard !values.isEmpty else {
                throw HeapProbeFailure("it prints no number: neither one alone, nor JSON, nor OpenMetrics text")
            }
            guard let key else {
                if values.count == 1 { return values[0].amount }
                throw HeapProbeFailure("it prints several values: name one with # at the end, of \(Self.list(values))")
            }
            if let exact = values.first(where: { $0.name == key }) { return exact.amount }
            let family = values.filter { $0.family == key }
            if family.count == 1 { return family[0].amount }
            guard family.isEmpty else {
                throw HeapProbeFailure("it prints several values called \"\(key)\": name one of \(Self.list(family))")
            }
            throw HeapProbeFailure("it prints no value called \"\(key)\"; there are \(Self.list(values))")
        }
    }

    private static func list(_ values: [Value]) -> String {
        let more = values.count - listed
        return values.prefix(listed).map(\.name).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    // MARK: The forms

    /// The numbers of an object, those of objects in it under their path.
    private static func json(_ bytes: [UInt8]) throws(HeapProbeFailure) -> [Value] {
        do {
            var values: [Value] = []
            try JSONDecoder().decode(JSONNode.self, from: Data(bytes)).collect("", &values)
            return values
        } catch {
            throw HeapProbeFailure("it prints JSON that is malformed")
        }
    }

    private static func exposition(_ text: Substring) -> [Value] {
        text.split(whereSeparator: \.isNewline).compactMap { line in
            let line = line.drop(while: \.isWhitespace)
            guard let first = line.first, first != "#", let end = nameEnd(line) else { return nil }
            let words = line[end...].split(whereSeparator: \.isWhitespace)
            // A timestamp may follow.
            guard (1...2).contains(words.count), let amount = Double(words[0]), amount.isFinite else { return nil }
            return Value(name: String(line[..<end]), amount: amount)
        }
    }

    /// Where a sample's name and labels end; nil where there is none.
    private static func nameEnd(_ line: Substring) -> String.Index? {
        guard let end = line.firstIndex(where: { $0.isWhitespace || $0 == "{" }), end > line.startIndex else {
            return nil
        }
        guard line[end] == "{" else { return end }
        var isQuoted = false
        var isEscaped = false
        for index in line[end...].indices {
            switch line[index] {
            case _ where isEscaped: isEscaped = false
            case "\\" where isQuoted: isEscaped = true
            case "\"": isQuoted.toggle()
            case "}" where !isQuoted: return line.index(after: index)
            default: break
            }
        }
        return nil
    }
}

/// As much of JSON as holds numbers.
private enum JSONNode: Decodable {
    case number(Double)
    case object([String: JSONNode])
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let object = try? container.decode([String: JSONNode].self) {
            self = .object(object)
        } else if (try? container.decode(Bool.self)) == nil, let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    func collect(_ path: String, _ values: inout [MetricText.Value]) {
        switch self {
        case .number(let amount): values.append(MetricText.Value(name: path, amount: amount))
        case .object(let members):
            for (name, node) in members.sorted(by: { $0.key < $1.key }) {
                node.collect(path.isEmpty ? name : "\(path).\(name)", &values)
            }
        case .other: break
        }
    }
}
