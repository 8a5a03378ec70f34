import Logging
import Sockets

/// Logs which limits end connections, without a line for each of thousands.
///
/// Logs the first at once, later ones as a number each interval. Confined to one loop.
final class LimitLog {
    private let logger: Logger
    /// Connections ended since the last line, by the limits that have fired of late.
    private var untold: [LimitName: Int] = [:]
    private var timer: Timer?

    private static let interval = Duration.seconds(10)

    init(logger: Logger) {
        self.logger = logger
    }

    func note(_ limit: LimitName, on loop: EventLoop) {
        guard let count = untold[limit] else {
            untold[limit] = 0
            logger.notice("a limit has ended a connection", metadata: ["limit": "\(limit.rawValue)"])
            if timer == nil {
                timer = Timer(on: loop, after: Self.interval, every: Self.interval) { [weak self] in self?.tell() }
            }
            return
        }
        untold[limit] = count + 1
    }

    /// Logs what is left and stops counting.
    func end() {
        tell()
        timer?.cancel()
        timer = nil
    }

    private func tell() {
        for limit in LimitName.allCases {
            guard let count = untold[limit] else { continue }
            // A limit that has not fired for a whole interval is logged at once when it does again.
            untold[limit] = count > 0 ? 0 : nil
            guard count > 0 else { continue }
            logger.notice(
                "a limit has ended \(count) more \(count == 1 ? "connection" : "connections")",
                metadata: ["limit": "\(limit.rawValue)"])
        }
        if untold.isEmpty {
            timer?.cancel()
            timer = nil
        }
    }
}
