import Foundation
import Testing

/// The arrows between the modules, as Package.swift draws them: a file that imports against an arrow is a defect even
/// where it happens to build, because another target brought the module along.
@Suite("Imports")
struct ImportTests {
    /// Which modules of the system a target may import beside `Glibc` and its dependencies. Foundation costs start-up time
    /// and memory, so only what reads or writes text for people has it.
    static let systemModules: [String: Set<String>] = [
        "Environments": ["FoundationEssentials"],
        "HeapProbes": ["FoundationEssentials"],
        "LeakReports": ["FoundationEssentials"],
        "LeakStatistics": ["Synchronization"],
        "Managers": ["Synchronization"],
        "Prometheus": ["FoundationEssentials"],
        "Remedies": ["Synchronization"],
        "RuntimeCauses": ["FoundationEssentials"],
        "Sockets": ["Synchronization"],
        "WatertightTesting": ["Dispatch", "Testing"],
        "WebSockets": ["Synchronization"],
    ]

    static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private static var sources: URL { root.appending(path: "Sources") }

    /// What each target under `Sources` depends on, products by the name of their module.
    static let dependencies: [String: Set<String>] = {
        guard let manifest = try? String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8) else {
            return [:]
        }
        let declaration =
            #/
            \.(?:target|executableTarget)\(\s*name:\ "(\w+)"
            (?:,\s*dependencies:\ \[([^\]]*)\])?(,\s*path:)?
            /#
        var found: [String: Set<String>] = [:]
        for match in manifest.matches(of: declaration) where match.output.3 == nil {
            let list = (match.output.2 ?? "").replacing(/package: "[^"]*"/, with: "")
            found[String(match.output.1)] = Set(list.matches(of: /"([\w-]+)"/).map { String($0.output.1) })
        }
        return found
    }()

    private static func swiftFiles(in target: String) throws -> [URL] {
        let folder = sources.appending(path: target)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    }

    private static func imports(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy(Self.isModifier) else {
                return nil
            }
            return words.dropFirst(keyword + 1).first.map(String.init)
        }
    }

    private static func isModifier(_ word: Substring) -> Bool {
        ["public", "package", "internal", "private", "fileprivate"].contains(word) || word.hasPrefix("@")
    }

    @Test(
        "a target imports what it depends on, and no more of the system than it needs",
        arguments: dependencies.keys.sorted())
    func target(_ target: String) throws {
        guard target != "watertight", target != "CLinux" else { return }
        var imported: Set<String> = []
        for file in try Self.swiftFiles(in: target) { imported.formUnion(try Self.imports(of: file)) }
        let declared = try #require(Self.dependencies[target])
        let system = (Self.systemModules[target] ?? []).union(["Glibc"])
        #expect(imported.subtracting(declared).subtracting(system) == [], "imported against the manifest")
        #expect(declared.subtracting(imported) == [], "declared, and imported by no file")
        #expect((Self.systemModules[target] ?? []).subtracting(imported) == [], "allowed, and imported by no file")
    }

    @Test("the manifest was read: every folder of sources is a target, and nothing depends on the executable")
    func everyTarget() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path(percentEncoded: false))
        // What there is beside targets: libraries of the system, and a plugin of the build.
        let ofSystem: Set = ["CCurl", "COpenSSL", "CYAML", "CZlib", "EmbedPreload"]
        #expect(Set(folders) == Set(Self.dependencies.keys).union(ofSystem))
        #expect(Self.dependencies.values.allSatisfy { !$0.contains("watertight") })
    }
}
