import FoundationEssentials
public import LeakCheck
import LeakStatistics
import Lifecycles

/// The leaks that are accepted, as a JSON file, schema `watertight.known-leaks/1`.
public struct KnownLeaksFile {
    /// The name and version of the schema.
    public static let schema = "watertight.known-leaks/1"

    /// What is wrong with a file, and what to do.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// In words.
        public var description: String
    }

    private struct Document: Codable {
        var schema: String
        var knownLeaks: [KnownLeak]
    }

    private struct Opening: Decodable {
        var schema: String
    }

    /// The file's text for `entries`, with a newline at the end.
    public static func render(_ entries: [KnownLeak]) throws -> String {
        try JSONText.render(Document(schema: schema, knownLeaks: entries)) + "\n"
    }

    /// The entries of a file's bytes.
    public static func read(_ bytes: [UInt8]) throws(Failure) -> [KnownLeak] {
        let found = (try? JSONDecoder().decode(Opening.self, from: Data(bytes)))?.schema
        if let found, found != schema {
            throw Failure(description: "it has schema \(found), and this version reads \(schema)")
        }
        var entries: [KnownLeak]
        do {
            entries = try JSONDecoder().decode(Document.self, from: Data(bytes)).knownLeaks
        } catch let error as DecodingError {
            let entry = error.entry.map { "entry \($0 + 1): " } ?? ""
            throw Failure(
                description: "\(entry)\(error.reason): write {\"schema\": \"\(schema)\", \"knownLeaks\": [...]}, "
                    + "each entry with lifecycle, resource, perConnection, reason and expires, or \(FileRemedy.writeKnownLeaks)"
            )
        } catch {
            throw Failure(description: "\(error)")
        }
        for index in entries.indices {
            entries[index].lifecycle = Lifecycle.labeled(entries[index].lifecycle)?.label ?? entries[index].lifecycle
        }
        for (index, entry) in entries.enumerated() {
            if let problem = problem(entry, entries[..<index]) {
                throw Failure(description: "entry \(index + 1): \(problem)")
            }
        }
        return entries
    }

    private static func problem(_ entry: KnownLeak, _ before: ArraySlice<KnownLeak>) -> String? {
        let labels = Lifecycle.all.flatMap { [$0.label, $0.compressed?.label].compactMap { $0 } }
        // Rows of scripts are named by their files, and only their names have dots.
        if !labels.contains(entry.lifecycle), !entry.lifecycle.contains(".") {
            return "there is no lifecycle \"\(entry.lifecycle)\"; the known ones are \(labels.joined(separator: ", "))"
        }
        if entry.resource.rawValue.isEmpty {
            let names = (Resource.ofEveryTarget + [.liveHeap]).map(\.rawValue).joined(separator: ", ")
            return "resource is empty: name one of \(names), \(FileRemedy.nameGauge)"
        }
        if !(entry.perConnection > 0) { return "perConnection must be more than 0" }
        if entry.reason.allSatisfy(\.isWhitespace) { return "the reason is empty: say why the leak is accepted" }
        if before.contains(where: { $0.lifecycle == entry.lifecycle && $0.resource == entry.resource }) {
            return "there is another entry for \(entry.resource.rawValue) under \(entry.lifecycle): remove one"
        }
        return nil
    }
}

extension DecodingError {
    /// Which element of the list it is about.
    fileprivate var entry: Int? {
        let context: Context? =
            switch self {
            case .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil
            }
        return context?.codingPath.lazy.compactMap(\.intValue).first
    }
}
