import Foundation
import Glibc
import ProcessResources
import TestSupport
import Testing

@testable import HeapProbes

/// A script in an interpreter with an agent: it does a thing at each SIGUSR2 and sleeps otherwise.
final class AgentScript {
    let process: StartedProcess
    let reader: ProcessReader
    private let interpreter: Interpreter
    private let marks: URL

    /// Starts what `command` makes of the path of a file, which grows by a byte once the script is ready and each time that the
    /// thing is done.
    init(
        _ interpreter: Interpreter, environment more: [String: String] = [:],
        marks: URL = FileManager.default.temporaryDirectory.appending(path: "watertight-marks-\(UUID())"),
        _ command: (String) -> [String]
    ) async throws {
        self.interpreter = interpreter
        self.marks = marks
        let environment = try Agent.own.get().environment(for: interpreter)
        process = try StartedProcess(command(marks.path()), environment: environment.merging(more) { $1 })
        reader = try await process.reader { [marks] _ in try Data(contentsOf: marks).count > 0 }
    }

    deinit { try? FileManager.default.removeItem(at: marks) }

    private var count: Int { (try? Data(contentsOf: marks).count) ?? 0 }

    /// Has it done once.
    func act() async throws {
        let before = count
        kill(process.pid, SIGUSR2)
        try #require(await eventually { self.count > before })
    }

    func subject(isOwn: Bool = true) throws -> HeapSubject {
        HeapSubject(processes: [reader], url: try HTTPLocation("http://127.0.0.1:1/"), isOwn: isOwn)
    }

    func probe() async throws -> any HeapProbe {
        try #require(try await subject().open(interpreter == .python ? .python : .ruby))
    }

    /// What doing it once more adds, after it was done before.
    func added() async throws -> (count: Double, bytes: Double) {
        let probe = try await probe()
        try await act()
        let before = try await probe.read()
        try await act()
        let after = try await probe.read()
        func difference(_ gauge: HeapGauge) -> Double { (after[gauge] ?? 0) - (before[gauge] ?? .nan) }
        return (difference(interpreter.gauge), difference(.liveBytes))
    }
}

extension AgentScript {
    /// A script in Python that does `code` after `preparation`; a list `kept` is there for both.
    static func python(
        _ preparation: String = "", _ code: String, options: [String] = [], environment: [String: String] = [:]
    ) async throws -> AgentScript {
        try await AgentScript(.python, environment: environment) { marks in
            let text = """
                import gc, os, signal, sys, time
                kept = []
                \(preparation)
                def mark():
                    with open(\(String(reflecting: marks)), "a") as file: file.write(".")
                def act(*_):
                    \(code)
                    mark()
                signal.signal(signal.SIGUSR2, act)
                mark()
                while True: time.sleep(600)
                """
            return ["python3"] + options + ["-c", text]
        }
    }
}
