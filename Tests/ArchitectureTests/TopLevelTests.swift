import Foundation
import Testing

/// What lies at the top of the repository: a file that a tool has left there must not become part of it.
@Suite("Top level")
struct TopLevelTests {
    static let allowed: Set<String> = [
        ".ci", ".devcontainer", ".github", ".gitignore", ".spi.yml", ".swift-format", "CHANGELOG.md", "LICENSE",
        "Package.swift", "README.md", "Sources",
        "Tests",
        "docker",
    ]

    /// What is part of the repository; nil without one, as where sources were unpacked from an archive, and without git.
    static let files: [Substring]? = {
        let git = Process()
        let output = Pipe()
        let root = ImportTests.root.path(percentEncoded: false)
        git.executableURL = URL(filePath: "/usr/bin/env")
        git.arguments = ["git", "-c", "safe.directory=*", "-C", root, "ls-files"]
        git.standardOutput = output
        git.standardError = FileHandle.nullDevice
        guard (try? git.run()) != nil else { return nil }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        git.waitUntilExit()
        return git.terminationStatus == 0 && !text.isEmpty ? text.split(separator: "\n") : nil
    }()

    @Test(.enabled(if: files != nil))
    func entries() throws {
        let entries = Set(try #require(Self.files).compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(entries == Self.allowed)
    }
}
