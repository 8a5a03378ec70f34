import Foundation
import Glibc
public import ProcessResources
import Subprocesses
import SystemCalls

/// A process of the test's own, ended with its group when it goes out of scope.
public final class StartedProcess {
    /// Its number.
    public let pid: Int32
    private let silence: OwnedDescriptor

    /// Starts a command, whose output nobody reads.
    public init(_ arguments: [String], environment: [String: String] = [:]) throws {
        silence = try OwnedDescriptor(opening: "/dev/null", flags: O_RDWR)
        pid = try ChildProcess.start(
            arguments, environment: environment, output: silence.rawValue, errors: silence.rawValue)
    }

    deinit {
        kill(-pid, SIGKILL)
        while waitpid(pid, nil, 0) == -1, errno == EINTR {}
    }

    /// Whether it has ended; it is not waited for.
    public var hasEnded: Bool { (try? ProcessReader(pid: pid).isAlive) != true }

    /// `sleep`, which does nothing else for ten minutes, once it does that.
    public static func idle() async throws -> (process: StartedProcess, reader: ProcessReader) {
        let process = try StartedProcess(["sleep", "600"])
        return (process, try await process.reader(when: isIdle))
    }

    /// Whether a process waits for time to pass: before that its loader still opens and maps libraries.
    ///
    /// The call that it waits in is clock_nanosleep: 230 on x86_64, 115 on aarch64.
    public static func isIdle(_ reader: ProcessReader) throws -> Bool {
        let call = try String(contentsOfFile: "/proc/\(reader.pid)/syscall", encoding: .utf8)
        return call.hasPrefix("230 ") || call.hasPrefix("115 ")
    }

    /// The process, once `condition` holds of it. The limit is for a machine that does much else.
    public func reader(when condition: (ProcessReader) throws -> Bool) async throws -> ProcessReader {
        let limit = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < limit {
            if let reader = try? ProcessReader(pid: pid), (try? condition(reader)) == true { return reader }
            // Never without a pause: what is waited for needs the processor.
            try await Task.sleep(for: .milliseconds(2))
        }
        throw TooLate(description: "waited for process \(pid)")
    }

    /// Whether `program` can be started by its name. In CI it must be: a test that is skipped there proves nothing.
    public static func has(_ program: String) -> Bool {
        if getenv("CI") != nil { return true }
        return String(cString: getenv("PATH")).split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
