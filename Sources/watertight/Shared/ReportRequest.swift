import ArgumentParser

/// A report that an option asks for.
struct ReportRequest<Result> {
    /// The option, such as `--json`.
    var option: String
    /// The file, `-` being stdout in place of the text.
    var name: String
    /// What goes there.
    var render: @Sendable (Result) throws -> String

    /// The request of an option; nil where it is not given.
    init?(_ option: String, _ name: String?, _ render: @escaping @Sendable (Result) throws -> String) {
        guard let name else { return nil }
        self.option = option
        self.name = name
        self.render = render
    }

    /// Refuses a file without a name, and two reports to one place.
    static func validate(_ requests: [ReportRequest]) throws {
        var seen: [String: String] = [:]
        for request in requests {
            let (option, name) = (request.option, request.name)
            if name.isEmpty { throw ValidationError("\(option) needs the name of a file, or - for stdout") }
            if let other = seen.updateValue(option, forKey: name) {
                let what = name == "-" ? "stdout" : "\"\(name)\""
                throw ValidationError("\(other) and \(option) both write to \(what): give one of them another file")
            }
        }
    }

    /// The files, opened for writing before anything is measured: a run must not fail at its end for want of a folder.
    static func opened(_ requests: [ReportRequest]) throws -> ReportFiles<Result> {
        let files = try requests.filter { $0.name != "-" }.map { request in
            do {
                return (file: try ReportFile(request.name), render: request.render)
            } catch {
                throw ValidationError("\(request.option): \(error)")
            }
        }
        return ReportFiles(files: files, standardOutput: requests.first { $0.name == "-" }?.render)
    }
}
