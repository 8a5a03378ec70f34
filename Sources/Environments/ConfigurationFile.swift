import FoundationEssentials

/// A JSON object of settings.
enum ConfigurationFile {
    /// The largest file that is read, in bytes.
    private static let maximumBytes = 1 << 20

    /// The values as text, by the names of their settings.
    static func values(at path: String) throws(EnvironmentFailure) -> [String: String] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .unreadableFile(path, problem: "cannot be read; name a JSON file that exists and may be read")
        }
        guard data.count <= maximumBytes, let values = try? JSONDecoder().decode([String: Value].self, from: data)
        else {
            throw .unreadableFile(
                path, problem: #"is no JSON object of settings; write for example {"cleanupLimit": "750ms"}"#)
        }
        for name in values.keys.sorted() where EnvironmentSetting(rawValue: name) == nil {
            throw .unknownSetting(name, source: path)
        }
        return values.mapValues(\.text)
    }

    /// A string or a number.
    private struct Value: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else {
                text = "\(try container.decode(Double.self))"
            }
        }
    }
}
