import Causes
import Glibc
import Preload
import Subprocesses
import SystemCalls

/// A second process of this program that runs one check again, its allocations and openings traced.
///
/// It ends with this process, however that ends, and so does whatever it starts.
final class Replay: Sendable {
    private let process: GuardedProcess
    private let reports: Pipe
    private let commands: Pipe

    /// How long a replay may take, from its start to its last report.
    static let limit = Duration.seconds(45)
    private static let pollingInterval = Duration.milliseconds(50)

    /// Starts `program`, to replay `check` as often as `load` says.
    init(
        _ program: ReplayProgram, _ check: CheckSite, _ load: ReplayLoad, lateness: Duration
    ) throws(Explanation.Failure) {
        do {
            reports = try Pipe()
            commands = try Pipe()
            let order = ReplayOrder(
                check: check.key, load: load, lateness: lateness, process: getpid(),
                reports: reports.writing.rawValue, commands: commands.reading.rawValue)
            let silence = try OwnedDescriptor(opening: "/dev/null", flags: O_RDWR)
            let environment = try PreloadLibrary.own.get().tracing
                .merging(program.environment) { $1 }
                .merging([ReplayOrder.variable: order.text]) { $1 }
            process = try GuardedProcess(
                program.arguments, environment: environment, output: silence.rawValue, errors: silence.rawValue)
        } catch {
            throw Explanation.Failure("the test cannot be run again: \(error)")
        }
    }

    /// The process.
    var pid: Int32 { process.pid }

    /// Waits until the next part is done; throws where that does not come about. Blocks.
    func waitUntilDone(before deadline: MonotonicTime) throws(Explanation.Failure) {
        while MonotonicTime.now < deadline {
            let next = min(deadline, .now + Self.pollingInterval)
            if Polling.wait(for: POLLIN, on: reports.reading.rawValue, until: next) { return try understand() }
            if let status = process.status() {
                throw Explanation.Failure(
                    "the process that ran the test again \(status) before it was done",
                    remedy: "a test that always takes the same port or file cannot run twice at a time")
            }
        }
        throw Explanation.Failure("the test that was run again was not done within \(Self.limit)")
    }

    private func understand() throws(Explanation.Failure) {
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(reports.reading.rawValue, &bytes, bytes.count)
        guard count > 0, bytes[0] == ReplayChannel.done else {
            throw Explanation.Failure(String(decoding: bytes.prefix(max(0, count)).dropFirst(), as: UTF8.self))
        }
    }

    /// Has it go on with the next part.
    func goOn() { _ = try? commands.writing.write([ReplayChannel.done]) }

    /// Ends it, and whatever it has started. Blocks until they are gone.
    func end() { process.end() }
}
