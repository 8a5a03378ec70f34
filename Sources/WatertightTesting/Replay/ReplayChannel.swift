import Glibc
import SystemCalls

/// What a replay reports to the process that ordered it, and what that answers: a byte each.
final class ReplayChannel: Sendable {
    private let reports: OwnedDescriptor
    private let commands: OwnedDescriptor

    /// What stands before the reason of a failure, and what a part that is done is reported by.
    static let (failure, done) = (UInt8(ascii: "!"), UInt8(ascii: "."))

    /// Opens the pipes of the process that gave `order`.
    init(_ order: ReplayOrder) throws(SystemCallError) {
        let folder = "/proc/\(order.process)/fd"
        reports = try OwnedDescriptor(opening: "\(folder)/\(order.reports)", flags: O_WRONLY)
        commands = try OwnedDescriptor(opening: "\(folder)/\(order.commands)", flags: O_RDONLY)
    }

    /// Reports that a part is done, and waits for the word to go on; ends this process where none comes any more.
    ///
    /// Blocks, so that this process stands still while it is read.
    func reportDone() {
        guard (try? reports.write([Self.done])) != nil else { _exit(0) }
        var answer: UInt8 = 0
        while true {
            let count = read(commands.rawValue, &answer, 1)
            if count == 1 { return }
            if count == 0 || errno != EINTR { _exit(0) }
        }
    }

    /// Reports that there will be nothing more, and why.
    func report(_ reason: String) {
        _ = try? reports.write([Self.failure] + Array(reason.utf8.prefix(400)))
    }
}
