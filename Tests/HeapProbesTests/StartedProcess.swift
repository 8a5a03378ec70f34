import Glibc
import ProcessResources
import SystemCalls
import Testing

/// A process of the test's own, ended with its group when it goes out of scope.
final class StartedProcess {
    let pid: Int32
    private let silence: OwnedDescriptor

    init(_ arguments: [String], setting: [String: String] = [:]) throws {
        silence = try OwnedDescriptor(opening: "/dev/null", flags: O_RDWR)
        pid = try ChildProcess.start(
            arguments, setting: setting, output: silence.rawValue, errors: silence.rawValue)
    }

    deinit {
        kill(-pid, SIGKILL)
        while waitpid(pid, nil, 0) == -1, errno == EINTR {}
    }

    /// The process, once `condition` holds of it.
    func reader(when condition: (ProcessReader) throws -> Bool) async throws -> ProcessReader {
        let limit = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < limit {
            if let reader = try? ProcessReader(pid: pid), (try? condition(reader)) == true { return reader }
            await Task.yield()
        }
        throw TooLate()
    }

    struct TooLate: Error {}

    /// Whether `program` can be started by its name.
    static func has(_ program: String) -> Bool {
        String(cString: getenv("PATH")).split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
