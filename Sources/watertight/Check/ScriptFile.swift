import ArgumentParser
import Glibc
import Lifecycles
import SystemCalls

/// A file with a lifecycle of the user's.
enum ScriptFile {
    /// Far beyond what anybody writes by hand.
    static let maximumBytes = 1 << 20
    /// What a file's name ends with, so that its row's name is none of the catalogue's.
    private static let suffix = ".lifecycle"

    /// The lifecycle in the file at `path`; throws `ValidationError` with the place of a mistake.
    static func lifecycle(at path: String) throws -> Lifecycle {
        let name = rowName(path)
        guard name.unicodeScalars.allSatisfy(isPlain) else {
            throw ValidationError(
                "--script: the row is named by the file: rename \(path.debugDescription) to letters, digits, -, _ and dots"
            )
        }
        let text = try text(of: path, option: "--script")
        do {
            return try Lifecycle(name: name, script: text)
        } catch {
            throw ValidationError("\(path):\(error)")
        }
    }

    /// The name of the row of the script at `path`.
    static func rowName(_ path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.contains(".") ? file : file + suffix
    }

    /// The lines of the file that `--values` names, without empty ones; none without a file. Throws `ValidationError`.
    static func lines(of path: String?) throws -> [String] {
        guard let path else { return [] }
        let lines = try text(of: path, option: "--values").split(whereSeparator: \.isNewline).map(String.init)
        guard !lines.isEmpty else { throw ValidationError("--values: \(path) has no line") }
        return lines
    }

    /// The text of a file that `option` names; throws `ValidationError`.
    static func text(of path: String, option: String) throws -> String {
        var contents: [UInt8]
        do {
            contents = try FileContents.bytes(of: path, atMost: maximumBytes)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
        if contents.starts(with: [0xEF, 0xBB, 0xBF]) { contents.removeFirst(3) }
        if let text = String(validating: contents, as: UTF8.self) { return text }
        let valid = contents.indices.first { String(validating: contents[...$0].suffix(4), as: UTF8.self) == nil } ?? 0
        let line = contents[..<valid].count { $0 == UInt8(ascii: "\n") } + 1
        throw ValidationError("\(path):\(line):1: expected a text in UTF-8")
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}
