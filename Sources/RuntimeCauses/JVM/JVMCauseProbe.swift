package import Causes
import Glibc
import HeapProbes
package import ProcessResources
import SystemCalls

/// What Java virtual machines hold, by dumps of their heaps, and the stacks of their threads.
///
/// A machine writes its dump into a file of its own, and stands still meanwhile: 2 s for 256 MB of live objects. The file is
/// deleted before it is read.
package struct JVMCauseProbe: CauseProbe {
    private let machines: [JavaMachine]

    package let source = "heap dumps of the JVM, after a collection, and the stacks of its threads"

    /// References to what the first collection finds are cleared by the second.
    private static let collections = 2
    private static let dumpLimit = Duration.seconds(60)
    private static let threadsLimit = Duration.seconds(20)
    private static let mostThreadBytes = 32 << 20

    /// Makes sure that the machines of `processes` can be asked.
    package init(_ processes: [ProcessReader]) throws(Explanation.Failure) {
        var machines: [JavaMachine] = []
        for process in processes {
            do {
                machines.append(try JavaMachine(process))
            } catch {
                throw Explanation.Failure(error.problem)
            }
        }
        self.machines = machines
    }

    /// What all machines hold.
    package func snapshot() async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        for machine in machines {
            let heap = try await heap(machine)
            var walk = JavaHeldWalk(heap)
            walk.add(to: &snapshot.held)
            let threads = try await Explanation.explained { () throws(HeapProbeFailure) in
                try await machine.answer(
                    to: ["Thread.print"], within: Self.threadsLimit, maximumBytes: Self.mostThreadBytes)
            }
            snapshot.add(javaThreads: threads)
        }
        return snapshot
    }

    /// Nothing is held between snapshots.
    package func close() {}

    private func heap(_ machine: JavaMachine) async throws(Explanation.Failure) -> JavaHeap {
        let pid = machine.process.pid
        var heapBytes = 0.0
        for _ in 0..<Self.collections {
            heapBytes = try await Explanation.explained { () throws(HeapProbeFailure) in try await machine.liveBytes() }
        }
        let cost = DumpCost(heapBytes: Int(heapBytes))
        try cost.check(free: (try? ProcessReader(pid: getpid()))?.freeBytes(), pid: pid)
        let folder = try DumpFolder.choose(from: DumpFolder.all(of: machine.process), bytes: cost.fileBytes)
        let file = try await dump(machine, folder)
        var parser = HeapDumpParser()
        do {
            try file.readAll { parser.read($0) }
        } catch {
            throw Explanation.Failure("the heap dump of process \(pid) cannot be read: \(error)")
        }
        do throws(SnapshotFailure) {
            return try parser.heap()
        } catch {
            throw Explanation.Failure("the heap dump of process \(pid) cannot be read: \(error)")
        }
    }

    /// Lets a machine write its live objects into a file in `folder`, which is then in no folder any more.
    private func dump(_ machine: JavaMachine, _ folder: DumpFolder) async throws(Explanation.Failure) -> OwnedDescriptor
    {
        let pid = machine.process.pid
        // A name that nobody else has; the machine refuses one that is taken.
        let name = "\(folder.path)/watertight-\(UInt64.random(in: 0...UInt64.max)).hprof"
        let place = "/proc/\(pid)/root\(name)"
        defer { unlink(place) }
        let answer = try await Explanation.explained { () throws(HeapProbeFailure) in
            try await machine.answer(to: ["GC.heap_dump", name], within: Self.dumpLimit)
        }
        do {
            return try OwnedDescriptor(opening: place, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch {
            throw Explanation.Failure(
                "process \(pid) has written no dump of its heap: \(answer.suffix(200)) (\(error))")
        }
    }
}

extension OwnedDescriptor {
    private static let pieceBytes = 1 << 20

    /// Calls `body` with all bytes, piece by piece.
    fileprivate borrowing func readAll(_ body: (UnsafeRawBufferPointer) -> Void) throws(SystemCallError) {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = try read(into: &piece, from: 0, count: piece.count)
            if count == 0 { return }
            piece.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
    }
}
