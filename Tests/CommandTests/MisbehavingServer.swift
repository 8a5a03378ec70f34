import Foundation

/// `Servers/misbehaving.py`, an echo server that misbehaves on request.
enum MisbehavingServer {
    /// The server ended before it listened.
    struct EndedEarly: Error {}

    /// Whether Python is there; in CI it must be.
    static let isAvailable =
        getenv("CI") != nil || FileManager.default.isExecutableFile(atPath: "/usr/bin/python3") || python != "python3"

    private static let python: String = {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        let candidates = folders.map { "\($0)/python3" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "python3"
    }()

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Servers/misbehaving.py").path(percentEncoded: false)

    /// The words that start it on `port` with a fault.
    static func command(_ fault: String..., port: String = "{port}") -> [String] { [python, script, port] + fault }

    /// Starts it on a free port and returns it with its port.
    static func start(_ fault: String...) async throws -> (server: Process, port: String) {
        let server = Process()
        let output = Pipe()
        server.executableURL = URL(filePath: "/usr/bin/env")
        server.arguments = [python, script, "0"] + fault
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw EndedEarly() }
            line += more
        }
        return (server, String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
