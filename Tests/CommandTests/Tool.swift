import Foundation
import TestSupport

/// The built executable, run as a user runs it.
enum Tool {
    /// The executable that was built with these tests.
    static let path = BuiltExecutable.path("watertight")

    /// What a finished run left.
    struct Finished {
        var code: Int32
        var output: String
        var errors: String
    }

    /// Runs the tool to its end, at most `limit` seconds, with `input` on its standard input.
    static func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], limit: Double = 600
    ) async throws -> Finished {
        let running = try Running(arguments, environment: environment)
        running.type(input)
        running.endInput()
        return try await running.finish(within: limit)
    }
}

/// A run of the tool that goes on.
///
/// It writes to files, because the writing end of a pipe is inherited by whatever another test starts meanwhile, and its
/// end then comes with that process's.
final class Running: @unchecked Sendable {
    private let process = Process()
    private let input: FileHandle
    private let output: Captured
    private let errors: Captured

    private static let starting = NSLock()

    /// Starts the tool; with `pipedInto`, a shell's command gets its output and what that writes counts.
    ///
    /// It gets this process's environment, without what a CI system has set for its own reports, and `environment`.
    /// With a `descriptorLimit` it may open only so many.
    convenience init(
        _ arguments: [String], environment: [String: String] = [:], pipedInto command: String? = nil,
        descriptorLimit: Int? = nil
    ) throws {
        if let command {
            try self.init("/bin/sh", ["-c", "\"$@\" | (\(command))", "sh", Tool.path] + arguments, environment)
        } else if let descriptorLimit {
            let script = "ulimit -n \(descriptorLimit); exec \"$@\""
            try self.init("/bin/sh", ["-c", script, "sh", Tool.path] + arguments, environment)
        } else {
            try self.init(Tool.path, arguments, environment)
        }
    }

    /// Starts a shell's `script`, in which `"$@"` is the tool with its arguments.
    static func shell(
        _ script: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Running {
        try Running("/bin/bash", ["-c", script, "sh", Tool.path] + arguments, environment)
    }

    private init(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        var inherited = ProcessInfo.processInfo.environment
        for name in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] { inherited[name] = nil }
        process.environment = inherited.merging(environment) { $1 }
        output = try Captured()
        errors = try Captured()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = output.handle
        process.standardError = errors.handle
        input = try Self.starting.withLock { [process] in
            let pipe = Pipe()
            let end = pipe.fileHandleForWriting
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            process.standardInput = pipe
            try process.run()
            return end
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var pid: Int32 { process.processIdentifier }

    func type(_ text: String) {
        try? input.write(contentsOf: Data(text.utf8))
    }

    func endInput() {
        try? input.close()
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// What it has written to stderr.
    var errorText: String { errors.text }

    /// What it has written to stdout so far.
    var outputText: String { output.text }

    /// The first line of its output.
    func firstLine(within limit: Double = 600) async throws -> String {
        try await eventually(within: .seconds(limit), "a first line; stderr: \(errors.text)") {
            let text = self.output.text
            return text.contains("\n") ? String(text.prefix { $0 != "\n" }) : nil
        }
    }

    /// Waits until it has written `count` lines.
    func lines(_ count: Int, within limit: Double = 600) async throws -> String {
        try await eventually(within: .seconds(limit), "\(count) lines; stderr: \(errors.text)") {
            let text = self.output.text
            return text.count { $0 == "\n" } >= count ? text : nil
        }
    }

    func finish(within limit: Double) async throws -> Tool.Finished {
        _ = try await eventually(within: .seconds(limit), "the end of \(process.arguments ?? [])") {
            self.process.isRunning ? nil : true
        }
        return Tool.Finished(code: process.terminationStatus, output: output.text, errors: errors.text)
    }
}

/// A file without a name that a process writes to.
private final class Captured {
    let handle: FileHandle

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "watertight-test-\(UUID())")
        try Data().write(to: url)
        handle = try FileHandle(forUpdating: url)
        try FileManager.default.removeItem(at: url)
    }

    /// What has been written so far; the position of the writer is left alone.
    var text: String {
        var bytes = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(handle.fileDescriptor, &buffer, buffer.count, bytes.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}
