/// What a configuration file says of the environment.
struct FileSettings {
    /// The environment that it names.
    var environment: LeakEnvironment?
    /// Its values, each with the file and the place.
    var values: [EnvironmentSetting: (text: String, source: String)] = [:]

    /// Reads the file `path`; the values are yet to be understood.
    init(at path: String) throws(EnvironmentFailure) {
        do throws(ConfigurationFile.Mistake) {
            let file = try ConfigurationFile(at: path)
            for entry in file.settings {
                guard let setting = EnvironmentSetting(rawValue: entry.key) else {
                    throw file.mistake(
                        at: entry.place,
                        "there is no setting \"\(entry.key)\"; choose from "
                            + EnvironmentSetting.allCases.map(\.rawValue).joined(separator: ", "))
                }
                values[setting] = (try file.text(of: entry), "\(path):\(entry.value.place)")
            }
            guard let node = file.environment else { return }
            guard case .text(let name) = node.content, let found = try? LeakEnvironment(named: name, from: path) else {
                throw file.mistake(
                    at: node.place,
                    "environment: expected one of " + LeakEnvironment.allCases.map(\.rawValue).joined(separator: ", ")
                        + ", not \(node.kind)")
            }
            environment = found
        } catch {
            throw .configuration("\(error)")
        }
    }
}
