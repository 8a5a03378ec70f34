package import Causes
import Glibc
import HeapProbes
package import ProcessResources
import SystemCalls

/// What processes of Node.js hold, by V8's snapshots of their heaps, which come over the inspector.
///
/// A process stands still while its snapshot is taken, and needs much memory for it: 1.5 s and 200 MB for a heap of 19 MB. It is
/// refused where that memory is not there.
package actor NodeCauseProbe: CauseProbe {
    private struct Inspected {
        let process: ProcessReader
        let url: String
        var scripts: [UInt32: String] = [:]
        var followsOpenings = false
    }

    private let servingPort: UInt16
    private var inspected: [Inspected] = []

    package nonisolated let source = "V8's heap snapshots, after a collection"

    /// The finalisers of what the first collection finds let go of more.
    private static let collections = 3

    /// Opens the inspectors of `processes`, which serve at `servingPort`. Where they are our own, they note from now on which code
    /// opens files.
    package init(_ processes: [ProcessReader], servingPort: UInt16, isOwn: Bool) async throws(Explanation.Failure) {
        self.servingPort = servingPort
        for process in processes {
            let endpoint = InspectorEndpoint(process, servingPort: servingPort)
            let url = try await Explanation.explained { () throws(HeapProbeFailure) in try await endpoint.url() }
            inspected.append(Inspected(process: process, url: url))
            guard isOwn else { continue }
            inspected[inspected.count - 1].followsOpenings = try await Self.inSession(process, url) {
                session throws(Explanation.Failure) in
                try await Explanation.explained { () throws(HeapProbeFailure) in try await session.followOpenings() }
            }
        }
    }

    package func refined(_ causes: [Cause]) async -> [Cause] {
        let followed = inspected.filter(\.followsOpenings)
        return await DescriptorOpeners.named(causes, in: inspected.map(\.process), servingPort: servingPort) {
            process, _ in
            guard let one = followed.first(where: { $0.process.pid == process.pid }) else { return [:] }
            let openings = try? await Self.inSession(process, one.url) {
                session throws(Explanation.Failure) in
                try await Explanation.explained { () throws(HeapProbeFailure) in try await session.followedOpenings() }
            }
            return (openings ?? []).openers
        }
    }

    /// What `body` yields of a session with the inspector of `process`, which is let go of in any case.
    private static func inSession<Value>(
        _ process: ProcessReader, _ url: String, isolation: isolated (any Actor)? = #isolation,
        _ body: (InspectorSession) async throws(Explanation.Failure) -> Value
    ) async throws(Explanation.Failure) -> Value {
        let session = try await Explanation.explained { () throws(HeapProbeFailure) in
            try await InspectorSession(pid: process.pid, url: url)
        }
        do throws(Explanation.Failure) {
            let value = try await body(session)
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }

    /// What all processes hold.
    package func snapshot() async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        for index in inspected.indices {
            let graph = try await graph(index)
            let variables = VariableLines(root: "/proc/\(inspected[index].process.pid)/root")
            var walk = HeldWalk(graph, scripts: inspected[index].scripts)
            walk.add(to: &snapshot.held) { variables.location(of: $1, in: $0) }
        }
        return snapshot
    }

    /// Nothing is held between snapshots.
    package func close() {}

    private func graph(_ index: Int) async throws(Explanation.Failure) -> HeapGraph {
        try await Self.inSession(inspected[index].process, inspected[index].url) {
            session throws(Explanation.Failure) in try await graph(index, session)
        }
    }

    private func graph(_ index: Int, _ session: InspectorSession) async throws(Explanation.Failure) -> HeapGraph {
        let process = inspected[index].process
        let used = try await Explanation.explained { () throws(HeapProbeFailure) in
            try await session.usedBytes(collections: Self.collections)
        }
        try SnapshotCost(heapBytes: Int(used)).check(free: process.freeBytes(), pid: process.pid)
        var parser = SnapshotParser()
        var text: [UInt8] = []
        try await Explanation.explained { () throws(HeapProbeFailure) in
            try await session.heapSnapshot { message in
                if SnapshotChunk.read(message, into: &text) { text.withUnsafeBytes { parser.read($0) } }
            }
        }
        let graph: HeapGraph
        do throws(SnapshotFailure) {
            graph = try parser.graph()
        } catch {
            throw Explanation.Failure("the heap snapshot of process \(process.pid) cannot be read: \(error)")
        }
        // Asking costs the process some objects: only where code was loaded since.
        if graph.lastScript > inspected[index].scripts.keys.max() ?? 0 {
            inspected[index].scripts = try await Explanation.explained { () throws(HeapProbeFailure) in
                try await session.scripts()
            }
        }
        return graph
    }
}

/// What a snapshot needs of a process.
struct SnapshotCost {
    /// How much is in use.
    var heapBytes: Int

    /// As measured: a heap of 146 MB took 2.1 GB.
    private static let factor = 16

    /// Refuses where the process may take no more than `free` bytes.
    func check(free: Int?, pid: Int32) throws(Explanation.Failure) {
        let needed = heapBytes * Self.factor
        guard let free, needed > free else { return }
        throw Explanation.Failure(
            "a snapshot of the heap of process \(pid), of \(heapBytes >> 20) MiB, may need \(needed >> 20) MiB, and there are "
                + "only \(free >> 20) MiB free",
            remedy: "let the server start with a smaller heap, or give its container more memory")
    }
}

/// Where the variables of scripts stand, by the text of their files.
final class VariableLines {
    private let root: String
    private var texts: [String: [UInt8]] = [:]

    private static let mostBytes = 4 << 20

    /// Reads files below `root`.
    init(root: String) { self.root = root }

    /// The place of a variable; without a line where the file cannot be read.
    func location(of name: String, in file: String) -> CodeLocation {
        let text = texts[file] ?? read(file)
        texts[file] = text
        return CodeLocation(file: file, line: VariableDeclaration.line(of: name, in: text))
    }

    private func read(_ file: String) -> [UInt8] {
        guard let descriptor = try? OwnedDescriptor(opening: root + file, flags: O_RDONLY | O_NONBLOCK) else {
            return []
        }
        return (try? descriptor.bytes(at: 0, count: Self.mostBytes)) ?? []
    }
}
