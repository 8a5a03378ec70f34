import SystemCalls

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
        let bytes: [UInt8]
        do {
            bytes = try FileContents.bytes(of: path, atMost: maximumBytes)
        } catch {
            let hint = error.isTooLarge ? "" : "; name a file that exists and may be read"
            throw Mistake(path: path, place: nil, problem: error.problem + hint)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Mistake(path: path, place: nil, problem: "is no text in UTF-8")
        }
        return text
    }
}
