import ProcessResources
import SystemCalls

/// Reads the allocators of a target's processes from outside: what is in use in them, and what is free.
///
/// A reading takes some milliseconds. It is taken at the readings that decide, and in between as often as takes no more than
/// a third of the time; but often enough that the second half of a row has several.
actor TargetAllocators {
    /// The reader of one process, kept for what it has learned.
    private final class Account {
        var reader: AllocatorReader
        /// Whether it was ever read; one that was not has an allocator of another kind.
        var wasRead = false
        /// Readings that failed in a row.
        var failures = 0

        init(_ process: ProcessReader) { reader = AllocatorReader(process) }
    }

    private var accounts: [Int32: Account] = [:]
    private var readAt: MonotonicTime?
    private var connections = 0
    private var cost = Duration.zero

    /// The share of the connections so far after which a reading follows, however long it takes.
    private static let checkpointShare = 1.0 / 9

    /// After so many failures in a row a process is no longer asked: its allocator is none that is known.
    private static let mostFailures = 3

    /// What the processes hold now, after so many connections; nil where it is not due, or where the allocator of none is
    /// known.
    func read(_ processes: [ProcessReader], connections: Int, isDecisive: Bool) -> CheckResult.Sample.Allocator? {
        guard isDecisive || isDue(connections) else { return nil }
        let began = MonotonicTime.now
        defer {
            readAt = .now
            self.connections = connections
            cost = began.elapsed
        }
        let pids = Set(processes.map(\.pid))
        accounts = accounts.filter { pids.contains($0.key) }
        var total = CheckResult.Sample.Allocator(liveBytes: 0, freeBytes: 0, roomBytes: 0)
        var isKnown = false
        for process in processes {
            switch usage(of: process) {
            case .known(let usage):
                isKnown = true
                total.liveBytes += usage.liveBytes
                total.freeBytes += usage.freeBytes
                total.roomBytes += usage.roomBytes
            case .unknown:
                // Whatever it holds may be free.
                total.roomBytes += (try? process.memory())?.privateBytes ?? 0
            case .failed: return nil
            }
        }
        return isKnown ? total : nil
    }

    private func isDue(_ connections: Int) -> Bool {
        guard let readAt, readAt.elapsed < cost * 2 else { return true }
        let share = Self.checkpointShare * Double(self.connections)
        return connections >= RowJudge.leastConnections / 2 && Double(connections - self.connections) >= share
            && connections > self.connections
    }

    private enum Answer {
        case known(AllocatorUsage)
        /// Its allocator is none that can be read.
        case unknown
        /// It could be read before, and not now.
        case failed
    }

    private func usage(of process: ProcessReader) -> Answer {
        let account = accounts[process.pid] ?? Account(process)
        accounts[process.pid] = account
        guard account.wasRead || account.failures < Self.mostFailures else { return .unknown }
        do {
            let usage = try account.reader.usage()
            account.wasRead = true
            account.failures = 0
            return .known(usage)
        } catch {
            account.failures += 1
            return account.wasRead ? .failed : .unknown
        }
    }
}
