import FoundationEssentials
import Glibc
import Yams

/// A configuration file, `watertight.yml`: the environment, its settings and the checks of a project.
///
/// YAML, of which JSON is a part. Three keys may stand at its top: `environment`, `settings` and `targets`.
package struct ConfigurationFile: Hashable, Sendable {
    /// The name under which it was opened.
    package var path: String
    /// The environment, by name.
    package var environment: ConfigurationNode?
    /// Values of the environment.
    package var settings: [ConfigurationNode.Entry] = []
    /// What can be checked, by name: each is a mapping.
    package var targets: [ConfigurationNode.Entry] = []

    /// The names that are looked for in the current folder.
    package static let names = ["watertight.yml", "watertight.yaml"]
    /// The largest file that is read, in bytes.
    private static let maximumBytes = 1 << 20

    /// A mistake in a file.
    package struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        /// The name under which the file was opened.
        package var path: String
        /// Where the mistake is; nil where it is the file as a whole.
        package var place: ConfigurationNode.Place?
        /// What was expected.
        package var problem: String

        /// `watertight.yml:3:5: …`, as compilers write it.
        package var description: String { "\(path):\(place.map { "\($0):" } ?? "") \(problem)" }
    }

    /// Reads the file; throws with the place of what cannot be meant.
    package init(at path: String) throws(Mistake) {
        try self.init(Self.text(at: path), path: path)
    }

    /// Reads `text`, which was found in the file `path`.
    package init(_ text: String, path: String) throws(Mistake) {
        self.path = path
        let root = try ConfigurationNode.parse(text, path: path)
        switch root.content {
        case .nothing: return
        case .mapping(let entries):
            for entry in entries {
                switch entry.key {
                case "environment": environment = entry.value
                case "settings": settings = try self.entries(of: entry, "settings by name")
                case "targets":
                    targets = try self.entries(of: entry, "targets by name")
                    for target in targets { _ = try self.entries(of: target, "options by name") }
                default:
                    throw mistake(
                        at: entry.place,
                        EnvironmentSetting(rawValue: entry.key) == nil
                            ? "there is no key \"\(entry.key)\" here; expected environment, settings or targets"
                            : "the setting \(entry.key) belongs below the key settings")
                }
            }
        default: throw mistake(at: root.place, "expected keys and values, not \(root.kind)")
        }
    }

    /// A mistake in this file.
    package func mistake(at place: ConfigurationNode.Place?, _ problem: String) -> Mistake {
        Mistake(path: path, place: place, problem: problem)
    }

    /// The keys and values below `entry`, none where nothing stands there.
    package func entries(
        of entry: ConfigurationNode.Entry, _ expected: String
    ) throws(Mistake) -> [ConfigurationNode.Entry] {
        switch entry.value.content {
        case .nothing: return []
        case .mapping(let entries): return entries
        default:
            throw mistake(at: entry.value.place, "\(entry.key): expected \(expected), not \(entry.value.kind)")
        }
    }

    /// The text below `entry`; throws for anything else.
    package func text(of entry: ConfigurationNode.Entry) throws(Mistake) -> String {
        guard case .text(let text) = entry.value.content else {
            throw mistake(at: entry.value.place, "\(entry.key): expected one value, not \(entry.value.kind)")
        }
        return text
    }

    /// At most a mebibyte, also of a file that never ends.
    private static func text(at path: String) throws(Mistake) -> String {
        guard let stream = fopen(path, "re") else {
            throw Mistake(
                path: path, place: nil,
                problem: "\(String(cString: strerror(errno))); name a file that exists and may be read")
        }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        let count = fread(&bytes, 1, bytes.count, stream)
        guard ferror(stream) == 0 else {
            throw Mistake(path: path, place: nil, problem: "cannot be read: \(String(cString: strerror(errno)))")
        }
        guard count <= maximumBytes else {
            throw Mistake(
                path: path, place: nil, problem: "is larger than \(maximumBytes) bytes, the limit of such a file")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw Mistake(path: path, place: nil, problem: "is no text in UTF-8")
        }
        return text
    }
}

extension ConfigurationNode {
    /// The most values that a file may have, so that one which repeats itself by aliases is refused.
    private static let maximumCount = 10_000

    /// Reads YAML; nothing for an empty text.
    fileprivate static func parse(_ text: String, path: String) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
        let start = Place(line: 1, column: 1)
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw .init(error, in: text, path: path)
        } catch {
            throw .init(path: path, place: nil, problem: "\(error)")
        }
        guard let root else { return ConfigurationNode(.nothing, at: start) }
        var count = 0
        return try read(root, path, &count)
    }

    private static func read(
        _ node: Node, _ path: String, _ count: inout Int
    ) throws(ConfigurationFile.Mistake) -> ConfigurationNode {
        let place = Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        count += 1
        guard count <= maximumCount else {
            throw .init(path: path, place: place, problem: "more than \(maximumCount) values stand here")
        }
        switch node {
        case .scalar(let scalar):
            let isNothing = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            return ConfigurationNode(isNothing ? .nothing : .text(scalar.string), at: place)
        case .sequence(let nodes):
            var list: [ConfigurationNode] = []
            for node in nodes { list.append(try read(node, path, &count)) }
            return ConfigurationNode(.list(list), at: place)
        case .mapping(let pairs):
            var entries: [Entry] = []
            for (key, value) in pairs {
                let key = try read(key, path, &count)
                guard case .text(let name) = key.content else {
                    throw .init(path: path, place: key.place, problem: "expected a key, not \(key.kind)")
                }
                entries.append(Entry(key: name, place: key.place, value: try read(value, path, &count)))
            }
            return ConfigurationNode(.mapping(entries), at: place)
        case .alias:
            throw .init(path: path, place: place, problem: "there is no anchor for this alias")
        }
    }
}

extension ConfigurationFile.Mistake {
    /// What the parser found, in one line.
    fileprivate init(_ error: YamlError, in text: String, path: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(
                path: path, place: .init(line: mark.line, column: mark.column), problem: "this is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            // The parser names the mapping, and a reader wants the second of the keys.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let found = lines.indices.dropFirst(max(0, context.mark.line - 1)).filter {
                let line = lines[$0].drop { " {\"'".contains($0) }
                return line.hasPrefix(key) && line.dropFirst(key.count).drop { "\"' ".contains($0) }.first == ":"
            }
            let line = found.dropFirst().first
            let place = ConfigurationNode.Place(
                line: line.map { $0 + 1 } ?? context.mark.line,
                column: line.map { lines[$0].prefix { $0 == " " }.count + 1 } ?? context.mark.column)
            self.init(
                path: path, place: place, problem: "the key \"\(key)\" stands twice: give one of them another name")
        default: self.init(path: path, place: nil, problem: "this is no YAML: \(error)")
        }
    }
}
