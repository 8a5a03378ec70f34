import ProcessResources
import Remedies

/// The live heap of processes that allocate through glibc's malloc or CPython's allocator: what is in use in them, read from
/// outside.
///
/// The processes go on meanwhile, and nothing needs to be compiled into them.
actor AllocatorProbe: HeapProbe {
    nonisolated let gauges = [HeapGauge.liveBytes]
    nonisolated let coversAllocators = true
    nonisolated let source = "the allocators' own structures, read from outside"

    private final class Account {
        var reader: AllocatorReader

        init(_ process: ProcessReader) { reader = AllocatorReader(process) }
    }

    private var accounts: [Account]

    init(_ processes: [ProcessReader]) {
        accounts = processes.map(Account.init)
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        var sum = 0
        for account in accounts {
            do throws(AllocatorReadFailure) {
                sum += try account.reader.usage().liveBytes
            } catch {
                throw HeapProbeFailure("\(error)\(remedies: .goWithoutHeap, after: .alternative)")
            }
        }
        return [.liveBytes: Double(sum)]
    }

    /// Releases what was copied of the processes, which is as much as they hold.
    func close() async { accounts = [] }
}
