import Foundation
import Testing

/// The arrows between the modules, as the design draws them: a file that imports against an arrow is a defect even where
/// it happens to build.
@Suite("Imports")
struct ImportTests {
    /// What the sources of each target may import.
    static let allowed: [String: Set<String>] = [
        "WebSocketProtocol": ["CZlib"],
        "SystemCalls": ["Glibc", "CLinux"],
        "Sockets": ["Glibc", "CLinux", "Synchronization", "SystemCalls"],
        "Managers": ["Synchronization", "SystemCalls"],
        "WebSockets": [
            "Glibc", "Managers", "Sockets", "WebSocketProtocol", "Logging", "Synchronization", "SystemCalls",
        ],
        "ProcessResources": ["Glibc", "CLinux", "SystemCalls"],
        "LeakStatistics": ["Glibc"],
        "HeapProbes": [
            "CLinux", "FoundationEssentials", "Glibc", "ProcessResources", "Sockets", "SystemCalls",
            "WebSocketProtocol", "WebSockets",
        ],
        "Lifecycles": ["Sockets", "WebSocketProtocol", "SystemCalls"],
        "LeakCheck": [
            "Glibc", "CLinux", "HeapProbes", "Sockets", "WebSocketProtocol", "Lifecycles", "ProcessResources",
            "LeakStatistics",
            "Logging", "Synchronization", "SystemCalls",
        ],
        "LeakReports": ["FoundationEssentials", "LeakCheck", "LeakStatistics", "Lifecycles"],
        "LeakTracking": [
            "FoundationEssentials", "Glibc", "Logging", "LeakStatistics", "ProcessResources", "SystemCalls",
        ],
        "Scenarios": [
            "Glibc", "LeakCheck", "LeakStatistics", "LeakTracking", "Logging", "Managers", "ProcessResources",
            "Sockets", "SystemCalls",
            "WebSocketProtocol", "WebSockets",
        ],
        "WatertightTesting": ["Glibc", "ProcessResources", "LeakStatistics", "Sockets", "SystemCalls", "Testing"],
    ]

    static var sources: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Sources")
    }

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

    @Test(arguments: allowed.keys.sorted())
    func target(_ target: String) throws {
        let files = try Self.swiftFiles(in: target)
        #expect(!files.isEmpty)
        for file in files {
            let excess = Set(try Self.imports(of: file)).subtracting(Self.allowed[target] ?? [])
            #expect(excess.isEmpty, "\(file.lastPathComponent) imports \(excess.sorted())")
        }
    }

    @Test("every target is covered, and nothing imports the executable")
    func everyTarget() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path(percentEncoded: false))
        #expect(Set(names) == Set(Self.allowed.keys).union(["CLinux", "CZlib", "watertight"]))
    }
}
