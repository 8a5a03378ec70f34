package import HeapProbes
package import ProcessResources
import SystemCalls

/// Reads the allocators of a target's processes from outside: what is in use in them, and what is free.
///
/// A reading takes some milliseconds. It is taken at the readings that decide, and in between when its turn comes.
package actor TargetAllocators {
    /// The reader of one process, kept for what it has learned.
    private final class Account {
        var reader: AllocatorReader
        /// Whether it was ever read; one that was not has an allocator of another kind.
        var wasRead = false
        /// Readings that failed in a row.
        var failures = 0
        /// What was known last beside its allocator: where an agent stops answering, the next reading must not seem to have
        /// gained all that the agent knew of.
        var beside = MemoryBeside()

        init(_ process: ProcessReader) { reader = AllocatorReader(process) }
    }

    private var accounts: [Int32: Account] = [:]
    private var turn = ReadingTurn()

    /// After so many failures in a row a process is no longer asked: its allocator is none that is known.
    private static let mostFailures = 3

    /// What the processes hold now, after so many connections; nil where it is not due, or where the allocator of none is
    /// known. `beside` is what is known of a process beside its allocator.
    package func read(
        _ processes: [ProcessReader], connections: Int, isDecisive: Bool, beside: [Int32: MemoryBeside]
    ) -> AllocatorLevels? {
        guard isDecisive || turn.isDue(at: .now, connections: connections) else { return nil }
        let began = MonotonicTime.now
        defer { turn.didRead(from: began, to: .now, connections: connections) }
        let pids = Set(processes.map(\.pid))
        accounts = accounts.filter { pids.contains($0.key) }
        var total = AllocatorLevels(liveBytes: 0, freeBytes: 0, roomBytes: 0)
        var isKnown = false
        for process in processes {
            switch usage(of: process) {
            case .known(let usage):
                isKnown = true
                if let known = beside[process.pid] { accounts[process.pid]?.beside = known }
                total.add(usage, accounts[process.pid]?.beside ?? MemoryBeside())
            case .unknown:
                // Whatever it holds may be free.
                total.roomBytes += (try? process.memory())?.privateBytes ?? 0
            case .failed: return nil
            }
        }
        return isKnown ? total : nil
    }

    /// Releases what was copied of the processes, which is as much as they hold.
    package func close() { accounts = [:] }

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

extension AllocatorLevels {
    /// Adds a process: what its allocator holds, and the heap of its objects, whose pages no allocator explains.
    mutating func add(_ usage: AllocatorUsage, _ beside: MemoryBeside) {
        let heap = beside.heap ?? ObjectHeap(liveBytes: 0, heldBytes: 0)
        let free = usage.freeBytes + heap.heldBytes - heap.liveBytes
        liveBytes += usage.liveBytes + heap.liveBytes
        freeBytes += free
        // What no allocator explains are stacks and the loader's, too, in which nothing can be kept.
        let most = beside.freeBytes.map { free + $0 } ?? .max
        roomBytes += min(max(free, usage.roomBytes - heap.liveBytes), most)
    }
}
