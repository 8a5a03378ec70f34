import ArgumentParser
import Glibc
import LeakReports
import Lifecycles
import Search

/// The folder that `--corpus` names: what a search found, and the scripts that showed it something new.
struct CorpusFolder {
    /// The folder.
    let path: String

    private static let suffix = ".lifecycle"
    private static let found = "found-"
    private static let seen = "seen-"
    private static let mostFiles = 10_000

    /// Names the folder; makes it where it is `made`. Throws `ValidationError`.
    init(_ path: String, made: Bool) throws {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        if made, mkdir(path, 0o777) != 0, errno != EEXIST {
            throw ValidationError("--corpus: cannot make \(path): \(String(cString: strerror(errno)))")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ValidationError("--corpus: there is no folder \(path)")
        }
    }

    /// The paths of its scripts, in the order of their names, those that were found first.
    private func files() throws -> [String] {
        guard let folder = opendir(path) else {
            throw ValidationError("--corpus: cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder), names.count < Self.mostFiles {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(Self.suffix), !name.hasPrefix(".") { names.append(name) }
        }
        names.sort { ($0.hasPrefix(Self.found) ? 0 : 1, $0) < ($1.hasPrefix(Self.found) ? 0 : 1, $1) }
        return names.map { "\(path)/\($0)" }
    }

    /// The paths of the scripts that were found, which a check drives.
    func findings() throws -> [String] {
        let found = try files().filter { path in
            let name = path.split(separator: "/").last ?? ""
            return name.hasPrefix(Self.found) && !name.contains("-before-")
        }
        guard !found.isEmpty else { throw ValidationError("--corpus: \(path) has no \(Self.found)*\(Self.suffix)") }
        return found
    }

    /// All scripts, to begin a search with. Throws `ValidationError` with the place of a mistake.
    func scripts() throws -> [SearchScript] {
        try files().map { path in
            let text = try ScriptFile.text(of: path, option: "--corpus")
            do {
                return try CorpusScript.parse(text, name: ScriptFile.rowName(path))
            } catch {
                throw ValidationError("\(path):\(error)")
            }
        }
    }

    /// Where a file of this name is.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The number that the first new finding gets: one more than the largest there.
    func firstNumber() throws -> Int {
        let numbers = try files().compactMap { path -> Int? in
            let name = path.split(separator: "/").last ?? ""
            guard name.hasPrefix(Self.found) else { return nil }
            return Int(name.dropFirst(Self.found.count).prefix { $0.isNumber })
        }
        return (numbers.max() ?? 0) + 1
    }

    /// Writes the findings, numbered from `first` on, and the scripts that showed something new under names that their text gives.
    func write(_ result: SearchResult, from first: Int) throws(ReportFile.Failure) {
        for (index, finding) in result.findings.enumerated() {
            let words = SearchWords(finding, number: index + first)
            try write(words.script, to: words.fileName)
            for (place, script) in finding.suspect.predecessors.enumerated() {
                try write(CorpusScript.render(script), to: words.predecessorName(place))
            }
        }
        for script in result.kept {
            let text = CorpusScript.render(script)
            let digits = String(Self.hash(text), radix: 16)
            try write(text, to: Self.seen + digits + Self.suffix)
        }
    }

    private func write(_ text: String, to name: String) throws(ReportFile.Failure) {
        try ReportFile(file(name)).write(text)
    }

    /// FNV-1a, so that a script has the same name in every run.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
