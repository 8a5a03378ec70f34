package import ProcessResources

/// What native programs that were started with `environment` hold, by the stacks that allocated it.
package struct AllocationTraces: Sendable {
    private let library: PreloadLibrary
    private let processes: [ProcessReader]

    /// The variable that has the library trace; any value does.
    private static let variable = "WATERTIGHT_TRACE"

    /// What a command must find beside the library.
    static var environment: [String: String] { [variable: "1"] }

    /// Where they come from, in words.
    package var source: String { "the stacks that allocated memory, by a library of ours that was loaded at the start" }

    /// The processes that serve; nil where the target is no native program. Throws where it does not trace.
    package init?(_ subject: HeapSubject) throws(HeapProbeFailure) {
        guard (try? subject.processes[0].runtime())?.runtime == .native else { return nil }
        guard subject.isOwn else {
            throw HeapProbeFailure(
                "a native program is traced from its first moment: give the command after --, so that the check starts it"
            )
        }
        library = try PreloadLibrary.own.get()
        processes = subject.processes
        guard try Self.allocations(of: processes[0], library) != nil else {
            throw HeapProbeFailure(
                "process \(processes[0].pid) does not trace what it allocates: a launcher has cleared its environment, or its "
                    + "memory is limited; give the server's own command")
        }
    }

    /// What each process that has the library holds now; the first of all must have it.
    package func read() throws(HeapProbeFailure) -> [(process: ProcessReader, allocations: TracedAllocations)] {
        var found: [(ProcessReader, TracedAllocations)] = []
        for process in processes + processes.newDescendants() where process.isAlive {
            do throws(HeapProbeFailure) {
                if let allocations = try Self.allocations(of: process, library) { found.append((process, allocations)) }
            } catch {
                if process.pid == processes[0].pid { throw error }
            }
        }
        return found
    }

    /// The return addresses of the stacks that opened the descriptors of `process` which have numbers below `count`, by number.
    package func openers(of process: ProcessReader, below count: Int) -> [Int: [UInt64]] {
        var reader = PreloadReader(process, library: library.name)
        return (try? reader.openers(below: count)) ?? nil ?? [:]
    }

    private static func allocations(
        of process: ProcessReader, _ library: PreloadLibrary
    ) throws(HeapProbeFailure) -> TracedAllocations? {
        var reader = PreloadReader(process, library: library.name)
        do throws(PreloadReadFailure) {
            return try reader.allocations()
        } catch {
            throw HeapProbeFailure(NativeProbe.explained(error))
        }
    }
}
