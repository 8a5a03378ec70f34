import Foundation
import Testing

/// A library does not know how its user asks for something: it says what helps as a `Remedy`, and names no option of the command
/// line. An option of a target's runtime, such as `--inspect`, is none of ours.
@Suite("Names of options")
struct OptionNameTests {
    /// Files of libraries that may name options, and why.
    static let allowed: [String: String] = [
        "Sources/LeakReports/Problems/RemedyText.swift": "the words for remedies on the command line",
        "Sources/Scenarios/Stage+Restart.swift": "starts this program itself, with --port",
    ]

    private static func swiftFiles(under folder: String) throws -> [(path: String, text: String)] {
        let root = ImportTests.root.appending(path: folder)
        let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
        return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
            let path = file.path(percentEncoded: false).dropFirst(root.path(percentEncoded: false).count)
            let separator = folder.hasSuffix("/") || path.hasPrefix("/") ? "" : "/"
            return (folder + separator + path, try String(contentsOf: file, encoding: .utf8))
        }
    }

    /// The names of the options that commands declare in `text`, as they are written on the command line.
    static func options(in text: String) -> Set<String> {
        let declared = text.matches(of: /@(?:Option|Flag)\b[\s\S]*?\bvar (\w+)/).map { kebab($0.output.1) }
        let custom = text.matches(of: /customLong\(\s*"([^"]+)"/).map { String($0.output.1) }
        return Set(declared + custom)
    }

    /// `startLimit` as `start-limit`.
    private static func kebab(_ name: Substring) -> String {
        name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }

    /// The lines of `text`, comments left out, that name one of `options`.
    static func offences(in text: String, _ options: Set<String>) -> [String] {
        text.split(separator: "\n").map { $0.drop(while: \.isWhitespace) }.filter { line in
            line.contains("--") && !line.hasPrefix("//")
                && line.matches(of: /(?:^|[^\w-])--([a-z][a-z0-9-]*)/).contains {
                    options.contains(String($0.output.1))
                }
        }.map(String.init)
    }

    private static func options() throws -> Set<String> {
        try swiftFiles(under: "Sources/watertight").reduce(into: []) { $0.formUnion(options(in: $1.text)) }
    }

    @Test("the names of the options are read as the commands declare them")
    func declared() throws {
        let options = try Self.options()
        let some: Set = [
            "heap", "pid", "path", "header", "start-limit", "lifecycle", "write-known-leaks", "trace", "live",
        ]
        #expect(some.subtracting(options) == [] && options.count > 80 && !options.contains("inspect"))
    }

    @Test("no library names one")
    func libraries() throws {
        let options = try Self.options()
        let files = try Self.swiftFiles(under: "Sources").filter { !$0.path.hasPrefix("Sources/watertight/") }
        #expect(files.count > 300)
        for (path, text) in files where Self.allowed[path] == nil {
            let offences = Self.offences(in: text, options)
            #expect(offences.isEmpty, "\(path): give a Remedy, and word it in RemedyText.swift")
        }
        for path in Self.allowed.keys {
            let text = try #require(files.first { $0.path == path }?.text, "\(path) is allowed, and gone")
            #expect(!Self.offences(in: text, options).isEmpty, "\(path) is allowed, and names none")
        }
    }

    @Test(
        "one that was planted would be seen",
        arguments: [
            (#"throw Failure("cannot be read; go without with --heap none")"#, true),
            (#"                + "--pid, or run as its user")"#, true), (#""command:--start-limit=3s""#, true),
            (#""start it with --inspect=127.0.0.1:0, or without --disable-sigusr1""#, false),
            (#"/// As `--heap none` does."#, false), (#""give the command after --""#, false),
            (#""x--heap and --heaps""#, false),
        ])
    func planted(line: String, isSeen: Bool) throws {
        #expect(Self.offences(in: "let a = 1\n    \(line)\n", try Self.options()).isEmpty == !isSeen)
    }
}
