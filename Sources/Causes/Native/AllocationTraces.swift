import Preload
import ProcessResources

/// What native programs that were started with `PreloadLibrary.tracing` hold, by the stacks that allocated it.
struct AllocationTraces: Sendable {
    private let library: PreloadLibrary
    private let processes: [ProcessReader]

    /// Where they come from, in words.
    let source = "the stacks that allocated memory, by a library of ours that was loaded at the start"

    /// Those of `processes`. Throws where the first of them does not trace.
    init(_ processes: [ProcessReader]) throws(Explanation.Failure) {
        do {
            library = try PreloadLibrary.own.get()
        } catch {
            throw Explanation.Failure("\(error)")
        }
        self.processes = processes
        guard try Self.allocations(of: processes[0], library) != nil else {
            throw Explanation.Failure(
                "process \(processes[0].pid) does not trace what it allocates: a launcher has cleared its environment, or its "
                    + "memory is limited",
                remedy: "give the server's own command")
        }
    }

    /// What each process that has the library holds now; the first of all must have it.
    func read() throws(Explanation.Failure) -> [(process: ProcessReader, allocations: TracedAllocations)] {
        var found: [(ProcessReader, TracedAllocations)] = []
        for process in processes + processes.newDescendants() where process.isAlive {
            do throws(Explanation.Failure) {
                if let allocations = try Self.allocations(of: process, library) { found.append((process, allocations)) }
            } catch {
                if process.pid == processes[0].pid { throw error }
            }
        }
        return found
    }

    /// The return addresses of the stacks that opened the descriptors of `process` which have numbers below `count`, by number.
    func openers(of process: ProcessReader, below count: Int) -> [Int: [UInt64]] {
        var reader = PreloadReader(process, library: library.name)
        return (try? reader.openers(below: count)) ?? nil ?? [:]
    }

    private static func allocations(
        of process: ProcessReader, _ library: PreloadLibrary
    ) throws(Explanation.Failure) -> TracedAllocations? {
        var reader = PreloadReader(process, library: library.name)
        do throws(PreloadReadFailure) {
            return try reader.allocations()
        } catch {
            throw Explanation.Failure("\(error)")
        }
    }
}
