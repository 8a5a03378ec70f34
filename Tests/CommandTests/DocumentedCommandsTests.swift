import ArgumentParser
import Foundation
import Testing

@testable import watertight

/// What the README and the documentation tell users to type is what the program takes.
@Suite("Documented commands")
struct DocumentedCommandsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The README and all pages, by name.
    private static let pages: [(name: String, text: String)] = {
        let sources = root.appending(path: "Sources")
        let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap {
            $0 as? URL
        }
        let files = [root.appending(path: "README.md")] + (all ?? []).filter { $0.pathExtension == "md" }
        return files.compactMap { file in
            (try? String(contentsOf: file, encoding: .utf8)).map { (file.lastPathComponent, $0) }
        }
    }()

    /// A command line of a page.
    struct Line: CustomTestStringConvertible, Sendable {
        var page: String
        /// What follows the name of the program.
        var words: [String]
        var testDescription: String { "\(page): watertight \(words.joined(separator: " "))" }
    }

    /// The command lines in blocks: they are there to be typed.
    static let lines = pages.flatMap { name, text in
        text.matches(of: #/(?m)^```(\w*)\n((?s).*?)^```/#).flatMap { block -> [Line] in
            guard ["", "sh", "bash", "console"].contains(block.1) else { return [] }
            return block.2.split(separator: "\n").compactMap { line in
                words(ofCommand: String(line)).map { Line(page: name, words: $0) }
            }
        }
    }

    /// The commands that are named within a sentence, often with a part of their options.
    static let mentions = pages.flatMap { name, text in
        text.replacing(#/(?m)^```(?s).*?^```/#, with: "").matches(of: #/`watertight ([^`]+)`/#).map {
            Line(page: name, words: ShellWords.split(String($0.1)))
        }
    }

    /// The words after the name of the program; nil for a line that does not begin with it.
    private static func words(ofCommand line: String) -> [String]? {
        var words = ShellWords.split(line)[...]
        if words.first == "$" { words.removeFirst() }
        if words.starts(with: ["swift", "run", "-c", "release"]) { words.removeFirst(4) }
        while let word = words.first, word.contains(#/^[A-Z_]+=/#) { words.removeFirst() }
        guard words.first == "watertight" else { return nil }
        return Array(words.dropFirst())
    }

    /// The file of the page on configuration.
    private static let documentedFile =
        pages.first { $0.name == "Configuration.md" }?.text.firstMatch(of: #/(?m)^```yaml\n((?s).*?)^```/#)
        .map { String($0.1) } ?? ""

    @Test("a command in a block is one that the program takes", arguments: lines)
    func parses(_ line: Line) throws {
        // The reader's container is not here.
        var typed = line.words
        if let place = typed.firstIndex(of: "--cgroup") {
            typed.replaceSubrange(place...(place + 1), with: ["--pid", "1"])
        }
        typed = LiveOption.completed(typed)
        let folder = try ReportFileTests.Folder()
        // Its targets are those of the file that the page shows.
        var variables: [String: String] = [:]
        if typed.contains("chat") {
            try Self.documentedFile.write(toFile: folder.path("watertight.yml"), atomically: true, encoding: .utf8)
            variables["WATERTIGHT_CONFIG"] = folder.path("watertight.yml")
        }
        let configured = try Configurations.arguments(typed, variables: variables)
        let words = configured.map { [typed[0]] + $0.words } ?? typed
        #expect(throws: Never.self) { try Watertight.parseAsRoot(words) }
    }

    @Test("a command in a sentence exists, and has the options that it is named with", arguments: mentions)
    func exists(_ line: Line) throws {
        let name = try #require(line.words.first)
        let command = try #require(
            Watertight.configuration.subcommands.first { $0.configuration.commandName == name })
        let options = CommandOptions(of: command)
        for word in line.words.prefix(while: { $0 != "--" }) where word.hasPrefix("-") {
            #expect(options.named(by: word) != nil, "\(word)")
        }
    }

    /// Those that need nothing but the program.
    static let selfContained = (lines + mentions).filter { line in
        let isPrinting =
            ["lifecycles", "environment"].contains(line.words[0])
            || !Set(line.words).isDisjoint(with: ["--rules", "--dashboard", "--schema"])
        // A word in capitals stands for the reader's own, and a file is the reader's.
        return isPrinting && !line.words.contains { $0.contains(#/^[A-Z]+$/#) || $0 == "--config" }
    }

    @Test("what needs nothing but the program does what it is said to", arguments: selfContained)
    func runs(_ line: Line) async throws {
        let end = try await Tool.run(line.words)
        #expect(end.code == 0 && !end.output.isEmpty, "\(end.errors)")
    }

    @Test("they were found")
    func found() {
        #expect(Self.pages.count > 20 && Self.lines.count > 20 && Self.mentions.count > 40)
        #expect(Self.selfContained.count > 5)
        #expect(throws: (any Error).self) { try Watertight.parseAsRoot(["check", "--no-such-option"]) }
    }
}

/// A command line as a shell splits it: quotes, a comment, and what follows the command left out.
enum ShellWords {
    static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let word { words.append(word) }
                word = nil
            } else if (character == "#" && word == nil) || "|;&>".contains(character) {
                break
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
