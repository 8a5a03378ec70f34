import Glibc
import Preload
public import ProcessResources
import Remedies
import Sockets

/// The target, as far as a probe needs to know it.
public struct HeapSubject: Sendable {
    /// The processes that serve, the first of them first.
    public var processes: [ProcessReader]
    /// Where they serve.
    public var url: HTTPLocation
    /// Whether the check has started them itself.
    public var isOwn: Bool

    /// Describes a target of at least one process.
    public init(processes: [ProcessReader], url: HTTPLocation, isOwn: Bool) {
        precondition(!processes.isEmpty)
        self.processes = processes
        self.url = url
        self.isOwn = isOwn
    }

    private func running(_ runtimes: Set<Runtime>) -> [ProcessReader] {
        processes.filter { process in (try? process.runtime()).map { runtimes.contains($0.runtime) } ?? false }
    }

    /// Whether the first of the processes runs `runtime`.
    private func runs(_ runtime: Runtime) -> Bool { (try? processes[0].runtime().runtime) == runtime }

    /// The processes that a probe named for `runtimes` can read.
    private func required(_ runtimes: Set<Runtime>, _ name: String) throws(HeapProbeFailure) -> [ProcessReader] {
        let found = running(runtimes)
        guard !found.isEmpty else {
            let runtime = (try? processes[0].runtime()).map { "\($0)" } ?? "unknown"
            throw HeapProbeFailure(
                "\(probe: name) does not suit process \(processes[0].pid), whose runtime is \(runtime)"
                    + "\(remedies: .chooseProbe, .goWithoutHeap)")
        }
        return found
    }

    /// The probe named `name`, of an interpreter.
    private func agentProbe(_ interpreter: Interpreter, _ name: String) async throws(HeapProbeFailure) -> AgentProbe {
        let processes = try required([interpreter.runtime], name)
        guard isOwn || interpreter.canAttach else {
            throw HeapProbeFailure(
                "\(probe: name) reads an interpreter that the check starts, with an agent from its first moment"
                    + "\(remedies: .giveCommand, .goWithoutHeap)")
        }
        return try await AgentProbe(interpreter, processes, Agent.own.get(), attachingAt: isOwn ? nil : url)
    }

    /// The probe named `native`.
    private func nativeProbe() throws(HeapProbeFailure) -> NativeProbe {
        _ = try required([.native], "native")
        guard isOwn else {
            throw HeapProbeFailure(
                "\(probe: "native") reads a program that the check starts, with a library from its first moment"
                    + "\(remedies: .giveCommand, .readFromOutside)")
        }
        return try NativeProbe(processes, Self.library())
    }

    private static func library() throws(HeapProbeFailure) -> PreloadLibrary {
        do {
            return try PreloadLibrary.own.get()
        } catch {
            throw HeapProbeFailure("\(error)")
        }
    }

    /// Opens the probe that `specification` asks for; nil where it asks for none, or for whatever suits and nothing does.
    public func open(_ specification: HeapSpecification) async throws(HeapProbeFailure) -> (any HeapProbe)? {
        switch specification {
        case .none: return nil
        case .automatic:
            let node = running([.node])
            // A signal to a process that is not ours is for its owner to decide.
            if isOwn && !node.isEmpty { return try await InspectorProbe(node, servingPort: url.port) }
            let java = running([.jvm])
            if !java.isEmpty { return try HistogramProbe(java) }
            // Nobody can have given one that is not ours an agent, or a library.
            for interpreter in Interpreter.allCases where isOwn {
                let found = running([interpreter.runtime])
                if !found.isEmpty { return try await AgentProbe(interpreter, found, Agent.own.get()) }
            }
            // Not that of a helper, which is no part of what serves.
            if runs(.go) { return try await GoProbe(.found(among: running([.go]), url)) }
            if isOwn && runs(.native) { return try NativeProbe(processes, Self.library()) }
            if let runtime = try? processes[0].runtime(), let remedy = runtime.runtime.heapRemedy {
                throw HeapProbeFailure("no probe reads the heap of \(runtime) by itself\(remedies: remedy)")
            }
            return nil
        case .node: return try await InspectorProbe(required([.node, .deno], "node"), servingPort: url.port)
        case .jvm: return try HistogramProbe(required([.jvm], "jvm"))
        case .python: return try await agentProbe(.python, "python")
        case .ruby: return try await agentProbe(.ruby, "ruby")
        case .go(nil): return try await GoProbe(.found(among: required([.go], "go"), url))
        case .go(let location?): return try await GoProbe(GoPages(location))
        case .native: return try nativeProbe()
        case .glibc: return AllocatorProbe(processes)
        case .command(let command, let key):
            return CommandProbe(command: command, key: key, pid: processes[0].pid)
        case .url(let location, let key): return PageProbe(location: location, key: key)
        }
    }
}

extension HeapSpecification {
    /// What a command that is started must find in its environment, so that several of them can be probed at a time.
    public var environment: [String: String] {
        switch self {
        case .automatic:
            Interpreter.allCases.map(agentEnvironment).reduce(nodeEnvironment.merging(nativeEnvironment) { $1 }) {
                $0.merging($1) { $1 }
            }
        case .node: nodeEnvironment
        case .python: agentEnvironment(.python)
        case .ruby: agentEnvironment(.ruby)
        case .native: nativeEnvironment
        case .none, .jvm, .go, .glibc, .command, .url: [:]
        }
    }

    /// Node.js opens its inspector on one port unless told otherwise. It takes 0 for any free one, but hands that on to
    /// the workers of a cluster as 1, 2, 3, at which they refuse to start; so a free port is chosen here.
    private var nodeEnvironment: [String: String] {
        let present = getenv("NODE_OPTIONS").map { String(cString: $0) } ?? ""
        guard !present.contains("--inspect"), let port = try? FreePort.onLoopback() else { return [:] }
        return ["NODE_OPTIONS": (present.isEmpty ? "" : present + " ") + "--inspect-port=\(port)"]
    }

    /// Where there is no agent to be had, the probe says why when it is opened.
    private func agentEnvironment(_ interpreter: Interpreter) -> [String: String] {
        (try? Agent.own.get().environment(for: interpreter)) ?? [:]
    }
    private var nativeEnvironment: [String: String] { (try? PreloadLibrary.own.get().environment) ?? [:] }

    /// What a command of `runtime` must find in its environment whose leak is explained: what `automatic` needs, for a native
    /// program that it keeps what it allocates by the stack that allocated it, and for Python that it notes what opens files. A
    /// compiler of a runtime allocates so much that it would hardly start.
    public static func environmentForCauses(of runtime: Runtime) -> [String: String] {
        let more: [String: String] =
            switch runtime {
            case .native: (try? PreloadLibrary.own.get().tracing) ?? [:]
            case .python: Agent.followsOpenings
            default: [:]
            }
        return automatic.environment.merging(more) { $1 }
    }

    /// `environment` without what a program may fail to load at its start, with what the user has in its place: the library for
    /// native programs, and the agent for Ruby.
    public static func withoutPreload(_ environment: [String: String]) -> [String: String] {
        environment.filter { $0.key != PreloadLibrary.variable && $0.key != Agent.rubyVariable }
    }
}
