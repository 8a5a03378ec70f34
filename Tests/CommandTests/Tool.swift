import Foundation

/// The built executable, run as a user runs it.
enum Tool {
    /// The executable that was built with these tests.
    static let path: String = {
        // The runner lies in the build folder, or is a tool that has loaded a bundle from there.
        for candidate in CommandLine.arguments + [ProcessInfo.processInfo.environment["WATERTIGHT_EXECUTABLE"] ?? ""] {
            let folder = URL(filePath: candidate).deletingLastPathComponent()
            let executable = folder.appending(path: "watertight").path(percentEncoded: false)
            if FileManager.default.isExecutableFile(atPath: executable) { return executable }
        }
        return "watertight"
    }()

    /// What a finished run left.
    struct Finished {
        var code: Int32
        var output: String
        var errors: String
    }

    /// Runs the tool to its end, at most `limit` seconds, with `input` on its standard input.
    static func run(_ arguments: [String], input: String = "", limit: Double = 60) async throws -> Finished {
        let running = try Running(arguments)
        running.type(input)
        running.endInput()
        return try await running.finish(within: limit)
    }
}

/// A run of the tool that goes on.
final class Running: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Collected()
    private let errors = Collected()

    init(_ arguments: [String]) throws {
        process.executableURL = URL(filePath: Tool.path)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        output.begin()
        errors.begin()
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var pid: Int32 { process.processIdentifier }

    func type(_ text: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func endInput() {
        try? input.fileHandleForWriting.close()
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// The first line of its output.
    func firstLine(within limit: Double = 20) async throws -> String {
        try await eventually(within: limit, "a first line; stderr: \(errors.text)") {
            self.output.text.contains("\n") ? String(self.output.text.prefix { $0 != "\n" }) : nil
        }
    }

    func finish(within limit: Double) async throws -> Tool.Finished {
        _ = try await eventually(within: limit, "the end of \(process.arguments ?? [])") {
            self.process.isRunning ? nil : true
        }
        _ = try await eventually(within: 5, "the end of its output") {
            self.output.isAtEnd && self.errors.isAtEnd ? true : nil
        }
        return Tool.Finished(code: process.terminationStatus, output: output.text, errors: errors.text)
    }
}

/// What comes out of a pipe.
private final class Collected: @unchecked Sendable {
    let pipe = Pipe()
    private let lock = NSLock()
    private var bytes = Data()
    private var ended = false

    func begin() {
        pipe.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let more = handle.availableData
            guard let self else { return }
            lock.withLock {
                bytes += more
                if more.isEmpty { ended = true }
            }
            if more.isEmpty { handle.readabilityHandler = nil }
        }
    }

    var text: String { lock.withLock { String(decoding: bytes, as: UTF8.self) } }
    var isAtEnd: Bool { lock.withLock { ended } }
}

/// A condition that did not come about in time.
struct TooLate: Error, CustomStringConvertible {
    var description: String
}

/// Waits for `condition` to return something, at most `limit` seconds.
func eventually<Value>(
    within limit: Double, _ awaited: @autoclosure () -> String, _ condition: () -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(limit)
    while ContinuousClock.now < deadline {
        if let value = condition() { return value }
        await Task.yield()
        usleep(2_000)
    }
    throw TooLate(description: "waited \(limit) s for \(awaited())")
}
