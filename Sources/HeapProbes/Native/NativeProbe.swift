import Preload
import ProcessResources
import Remedies

/// The live heap of native programs: a library that each of them is started with counts what is allocated and what is freed.
///
/// Blocks are those of the malloc family and the program's own anonymous mappings; bytes are those of the malloc family, for
/// what is mapped beside it is judged as private memory.
actor NativeProbe: HeapProbe {
    private final class Account {
        let process: ProcessReader
        var preload: PreloadReader
        /// For one that was started without the library, as the server's helpers are.
        var allocator: AllocatorReader
        var isWithout = false
        /// What the library counted when it was last read.
        var last: PreloadedHeap?

        init(_ process: ProcessReader, _ library: PreloadLibrary) {
            self.process = process
            preload = PreloadReader(process, library: library.name)
            allocator = AllocatorReader(process)
        }
    }

    private let library: PreloadLibrary
    private var accounts: [Account]
    nonisolated let gauges = [HeapGauge.liveBytes, .blocks]
    nonisolated let coversAllocators = true
    nonisolated let source = "a library of ours that counts malloc, loaded at the start"

    /// Reads the server, the first of the processes, once: it must have the library, and allocate through it.
    init(_ processes: [ProcessReader], _ library: PreloadLibrary) throws(HeapProbeFailure) {
        self.library = library
        accounts = processes.map { Account($0, library) }
        let heap: PreloadedHeap
        do {
            heap = try accounts[0].preload.read()
        } catch {
            throw HeapProbeFailure(Self.explained(error))
        }
        guard heap.hasCounted else {
            throw HeapProbeFailure(
                "process \(processes[0].pid) never calls malloc: an allocator of its own is linked into it, such as jemalloc or "
                    + "mimalloc\(remedies: .nameAllocatorPage, .goWithoutHeap, after: .remark)")
        }
    }

    func read() async throws(HeapProbeFailure) -> [HeapGauge: Double] {
        accounts += accounts.map(\.process).newDescendants().map { Account($0, library) }
        var (bytes, blocks) = (0, 0)
        var ended: HeapProbeFailure?
        for account in accounts {
            do throws(PreloadReadFailure) {
                let heap = try Self.read(account)
                bytes += heap.bytes
                blocks += heap.blocks
            } catch {
                guard !account.process.isAlive else { throw HeapProbeFailure(Self.explained(error)) }
                ended = HeapProbeFailure(Self.explained(error))
            }
        }
        accounts.removeAll { !$0.process.isAlive }
        if accounts.isEmpty, let ended { throw ended }
        return [.liveBytes: Double(bytes), .blocks: Double(blocks)]
    }

    var besideAllocators: [Int32: MemoryBeside] {
        let known = accounts.compactMap { account in
            account.last.map {
                (account.process.pid, MemoryBeside(freeBytes: $0.mappedBytes + $0.variableBytes))
            }
        }
        return Dictionary(known) { $1 }
    }

    /// Releases what was copied of the processes.
    func close() async { accounts = [] }

    private static func read(_ account: Account) throws(PreloadReadFailure) -> (bytes: Int, blocks: Int) {
        if !account.isWithout {
            do throws(PreloadReadFailure) {
                let heap = try account.preload.read()
                account.last = heap
                return (heap.bytes, heap.blocks + heap.mappings)
            } catch {
                guard case .absent = error else { throw error }
                account.isWithout = true
                account.last = nil
            }
        }
        // What its allocator holds is no private memory of the target either; one that is not known counts there.
        return ((try? account.allocator.usage().liveBytes) ?? 0, 0)
    }

    /// What is to be done about `failure`.
    static func explained(_ failure: PreloadReadFailure) -> Problem {
        guard case .absent = failure else { return "\(failure)" }
        return "\(failure)\(remedies: .goWithoutHeap, after: .alternative)"
    }
}
