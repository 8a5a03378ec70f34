package import ProcessResources
package import Remedies
import SystemCalls

/// Causes in native programs: what is allocated and left, by the stack that allocated it, and threads by their names.
///
/// A snapshot knows code by its place in a file. Only what grew gets the names of functions, and threads their stacks.
package struct NativeCauseProbe: CauseProbe {
    private struct State {
        /// Of one snapshot, how many bytes each block or mapping was asked for with.
        var sizes = BlockSizes()
        var lost = 0
        /// What a program would say that is not installed.
        var missing: String?
    }

    private let traces: AllocationTraces
    private let processes: [ProcessReader]
    private let servingPort: UInt16?
    private let state = Locked(State())

    package var source: String { traces.source }

    /// The probe of `processes`, which were started with `PreloadLibrary.tracing` and serve at `servingPort`; nil where they do not
    /// serve. Throws where the first of them does not trace.
    package init(_ processes: [ProcessReader], servingPort: UInt16?) throws(Explanation.Failure) {
        traces = try AllocationTraces(processes)
        self.processes = processes
        self.servingPort = servingPort
    }

    package var note: Problem? {
        let (lost, missing) = state.withLock { ($0.lost, $0.missing) }
        guard lost > 0 else { return missing.map { Problem($0) } }
        return "\(lost) allocations found no place in the library's tables, so that some may be missing here"
    }

    package func snapshot() async throws(Explanation.Failure) -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        var state = State()
        for (process, allocations) in try traces.read() {
            guard let code = try? CodeMap(process) else { continue }
            snapshot.add(allocations, code, sizes: &state.sizes)
            state.lost += allocations.lost
        }
        for process in processes { snapshot.add(threads: (try? process.threadList()) ?? []) }
        self.state.withLock { [state] in $0 = state }
        return snapshot
    }

    package func refined(_ causes: [Cause]) async -> [Cause] {
        let sizes = state.withLock { $0.sizes }
        let causes = await opened(causes)
        let symbols = await Symbols(of: causes.flatMap(\.site))
        if symbols.isMissing { miss("functions have no names: install llvm or binutils, which read them") }
        let starters = ThreadStarters(among: causes, frames: symbols.frames)
        var refined: [Cause] = []
        for var cause in causes {
            switch cause.kind {
            case .allocation:
                cause = sizes.named(cause)
                cause.site = FunctionName.withoutAllocator(cause.site.flatMap(symbols.frames))
                Self.add(cause, to: &refined)
            case .descriptor:
                cause.site = cause.site.flatMap(symbols.frames)
                refined.append(cause)
            case .thread:
                let site = await ThreadStacks.site(of: cause.what, in: processes)
                if site == nil { miss("threads have no stacks: install elfutils, which reads them") }
                cause.site = (site ?? []) + starters.site(of: cause)
                refined.append(cause)
            default: refined.append(cause)
            }
        }
        return refined
    }

    /// The causes with the stacks that opened descriptors, whose functions have no names yet.
    private func opened(_ causes: [Cause]) async -> [Cause] {
        await DescriptorOpeners.named(causes, in: processes, servingPort: servingPort) { process, count in
            guard let code = try? CodeMap(process) else { return [:] }
            return traces.openers(of: process, below: count).mapValues { addresses in
                .init(site: addresses.map { CodeFrame(address: $0, code.place(of: $0)) })
            }
        }
    }

    private func miss(_ what: String) { state.withLock { $0.missing = what } }

    /// How many of the program's own lines tell one cause from another, as a report shows them.
    private static let tellingFrames = 3

    /// Adds a cause, or joins it with one that reads the same: the outer frames may differ, and addresses in a line.
    private static func add(_ cause: Cause, to causes: inout [Cause]) {
        let like = causes.firstIndex {
            $0.kind == cause.kind && $0.what == cause.what
                && $0.ownFrames.prefix(tellingFrames) == cause.ownFrames.prefix(tellingFrames)
        }
        guard let like else { return causes.append(cause) }
        causes[like].countsPerConnection = zip(causes[like].countsPerConnection, cause.countsPerConnection).map(+)
        causes[like].bytesPerConnection = (causes[like].bytesPerConnection ?? 0) + (cause.bytesPerConnection ?? 0)
    }

    package func close() async {}
}

extension CauseSnapshot {
    /// Adds what one process has allocated; `sizes` gets the size of the blocks of each signature.
    mutating func add(_ allocations: TracedAllocations, _ code: CodeMap, sizes: inout BlockSizes) {
        for stack in allocations.stacks {
            let site = stack.addresses.map { CodeFrame(address: $0, code.place(of: $0)) }
            let signature = CauseSignature(.allocation, stack.areMappings ? "mapping" : "block", site: site)
            counted[signature, default: Tally(0)].count += stack.count
            counted[signature, default: Tally(0)].bytes += stack.bytes
            sizes.note(stack.size ?? 0, of: signature)
        }
    }

    /// Adds threads, by their names without what numbers them.
    mutating func add(threads: [ProcessThread]) {
        for thread in threads {
            counted[CauseSignature(.thread, ThreadStacks.kind(thread.name)), default: Tally(0)].count += 1
        }
    }
}

extension CodeFrame {
    /// Code at a place that has no name yet: `0x1189 leaky`.
    init(address: UInt64, _ place: CodeMap.Place?) {
        self.init(
            "0x" + String(place?.address ?? address, radix: 16), at: place.map { CodeLocation(file: $0.file) })
    }

    /// The address in the file of the location, where this has no name yet.
    var unnamedAddress: UInt64? {
        guard location != nil, function.hasPrefix("0x") else { return nil }
        return UInt64(function.dropFirst(2), radix: 16)
    }
}
