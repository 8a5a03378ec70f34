import Glibc
package import HeapProbes
package import ProcessResources
package import Remedies
package import Sockets
import Subprocesses
import SystemCalls
package import WebSocketProtocol

/// The process under test, with its URL: reached through sockets, read through `/proc`.
package final class Target: Sendable {
    package let url: WebSocketURL
    package let address: SocketAddress
    package let runtime: RecognisedRuntime
    /// What is read of it beside its processes.
    package let probes = TargetProbes()
    /// What its allocators hold.
    package let allocators = TargetAllocators()
    let command: RunningCommand?
    let tree: Locked<ProcessTree>
    private let firstReader: ProcessReader
    private let listeners: Locked<[ListenerQueue]>
    /// The processes that listened when they were last looked for.
    let servers = Locked<[ProcessReader]>([])
    /// The processes from reading to reading.
    let membersSeen = Locked(MembersSeen())

    init(
        url: WebSocketURL, address: SocketAddress, command: RunningCommand?, tree: ProcessTree
    ) throws(ProcessReadFailure) {
        self.url = url
        self.address = address
        self.command = command
        firstReader = tree.members[0]
        listeners = Locked((try? tree.members[0].listeners(port: url.port)) ?? [])
        runtime = try Self.runtime(of: tree)
        self.tree = Locked(tree)
    }

    // MARK: Beginning and end

    /// Finds a server that runs.
    package static func running(pids: [Int32], url: String) async throws -> Target {
        try await running(url) { url, address in
            let roots = pids.isEmpty ? try Self.listeningProcesses(port: url.port, address: address) : pids
            return try ProcessTree(roots: roots)
        }
    }

    /// Finds a server that runs in a control group.
    package static func running(in group: ControlGroup, url: String) async throws -> Target {
        try await running(url) { _, _ in try ProcessTree(group: group) }
    }

    private static func running(
        _ text: String, _ tree: (WebSocketURL, SocketAddress) throws -> ProcessTree
    ) async throws -> Target {
        let url: WebSocketURL
        do {
            url = try WebSocketURL(text)
        } catch {
            throw TargetFailure.invalid("\(error)")
        }
        do {
            let address = try await reachable(url)
            return try Target(url: url, address: address, command: nil, tree: tree(url, address))
        } catch {
            throw error as? TargetFailure ?? TargetFailure.unreachable("\(error)")
        }
    }

    /// Opens the probes that `templates` ask for; what cannot be read is told by `probes.failures`.
    package func openProbes(_ templates: [HeapTemplate]) async {
        guard let subject = heapSubject else { return }
        await probes.open(templates.map { $0.specification(port: url.port) }, of: subject)
    }

    /// The target as probes need to know it; nil where its address makes no URL.
    package var heapSubject: HeapSubject? {
        guard let location = try? HTTPLocation("\(url.isSecure ? "https" : "http")://\(url.hostField)/") else {
            return nil
        }
        return HeapSubject(processes: serving, url: location, isOwn: command != nil)
    }

    /// The processes that serve: those that listen, and their descendants, to which they may hand connections.
    private var serving: [ProcessReader] {
        tree.withLock { tree in
            let listening = (try? tree.listeners(port: url.port)) ?? []
            let pids = Set(listening + listening.flatMap { (try? ProcessReader(pid: $0).descendants()) ?? [] })
            let serving = tree.members.filter { pids.contains($0.pid) }
            return serving.isEmpty ? tree.members : serving
        }
    }

    /// Asks the command, if there is one, to end; `end()` must follow.
    package func terminate() {
        command?.terminate()
    }

    /// Ends the command, if there is one, and its descendants.
    package func end() {
        command?.terminateAndWait()
    }

    /// The processes that are read.
    package var pids: [Int32] { tree.withLock { $0.members.map(\.pid) } }

    /// The processes that are read.
    package var members: [ProcessReader] { tree.withLock { $0.members } }

    /// Whether one of the processes holds the listening socket; nil when that cannot be seen.
    package var listens: Bool? { tree.withLock { tree in (try? tree.listeners(port: url.port)).map { !$0.isEmpty } } }

    /// Whether a thread of its processes runs or waits for a processor.
    package var isBusy: Bool { members.contains { (try? $0.isBusy()) ?? false } }

    // MARK: Readings

    /// A reading of everything that is judged.
    package struct Reading {
        package var descriptors: Int
        package var threads: Int
        package var privateMemory: Int
        package var residentMemory: Int
        /// Of the process that has used the largest share of its limit.
        package var descriptorUse: DescriptorUse
    }

    /// Reads counts and memory of all processes.
    package func reading() throws -> Reading {
        try readingTree { tree in
            try tree.refresh()
            var reading = Reading(
                descriptors: 0, threads: 0, privateMemory: 0, residentMemory: 0,
                descriptorUse: DescriptorUse(count: 0, limit: .max))
            for member in tree.members {
                do {
                    let memory = try member.memory()
                    let descriptors = try member.descriptorCount()
                    reading.descriptors += descriptors
                    let use = DescriptorUse(count: descriptors, limit: try member.openFileLimit().soft ?? .max)
                    if use.share > reading.descriptorUse.share { reading.descriptorUse = use }
                    reading.threads += try member.threads()
                    reading.privateMemory += memory.privateBytes
                    reading.residentMemory += memory.residentBytes
                } catch {
                    if tree.needs(member) { throw error }
                }
            }
            return reading
        }
    }

    /// Descriptors of all processes.
    package func descriptorCount() throws -> Int {
        try readingTree { tree in
            var count = 0
            for member in tree.members {
                do {
                    count += try member.descriptorCount()
                } catch {
                    if tree.needs(member) { throw error }
                }
            }
            return count
        }
    }

    /// Sockets of all processes by TCP state, spelled as the kernel does.
    package func tcpStates() throws -> [String: Int] {
        try readingTree { tree in
            let states = try tree.sample().tcpStates
            return Dictionary(uniqueKeysWithValues: states.map { ($0.key.name, $0.value) })
        }
    }

    /// Connections that wait to be accepted on the URL's port; nil where the target's tables cannot be read.
    package func acceptQueue() -> Int? {
        listeners.withLock { listeners in
            var length: Int?
            // Asked for again and again, so only the sockets that were found at the start are looked up.
            for listener in listeners {
                guard let now = try? firstReader.again(listener) else { continue }
                length = (length ?? 0) + now.length
            }
            return length
        }
    }

    /// The smallest soft limit of descriptors among the processes.
    package var descriptorLimit: Int {
        tree.withLock { tree in tree.members.compactMap { try? $0.openFileLimit().soft }.min() ?? 1024 }
    }

    func readingTree<Value>(_ body: (inout ProcessTree) throws -> Value) throws -> Value {
        do {
            return try tree.withLock { tree in try body(&tree) }
        } catch let failure as ProcessReadFailure {
            throw TargetLost(problem: obituary(failure))
        }
    }

    // MARK: Finding

    package static func runtime(of tree: ProcessTree) throws(ProcessReadFailure) -> RecognisedRuntime {
        // Behind a shell or a launcher the server is a descendant: what collects lazily anywhere, matters.
        var first: RecognisedRuntime?
        for member in tree.members {
            guard let runtime = try? member.runtime() else { continue }
            if runtime.runtime.collectsLazily { return runtime }
            first = first ?? runtime
        }
        if let first { return first }
        return try tree.members[0].runtime()
    }

    /// The first address of the URL's host that takes connections; throws `TargetFailure`.
    package static func reachable(_ url: WebSocketURL) async throws -> SocketAddress {
        let addresses = try await Resolver.addresses(of: url.host, port: url.port)
        if let address = try addresses.first(where: accepts) { return address }
        throw TargetFailure.unreachable(
            "nothing accepts connections on \(url.host):\(url.port): start the server, or correct the URL")
    }

    /// Whether a TCP connect succeeds within a second.
    static func accepts(_ address: SocketAddress) throws -> Bool {
        do throws(SystemCallError) {
            _ = try OwnedDescriptor.connected(to: address, by: .now + .seconds(1))
            return true
        } catch {
            // That this process lacks descriptors says nothing of the target.
            if error.errno == EMFILE || error.errno == ENFILE { throw error }
            return false
        }
    }

    private static func listeningProcesses(port: UInt16, address: SocketAddress) throws -> [Int32] {
        guard address.isLoopback else {
            throw TargetFailure.invalid(
                "only on this machine can the server's process be found by port\(remedies: .nameProcess)")
        }
        return try listeningProcesses(port: port)
    }

    /// The processes that listen on a port of this machine, without the workers of those among them.
    package static func listeningProcesses(port: UInt16) throws -> [Int32] {
        let found = ProcessReader.listening(port: port)
        guard let first = found.min() else {
            throw TargetFailure.unreachable(
                "the process that listens on port \(port) cannot be found"
                    + "\(remedies: .nameProcess, .outside("run as its user"))")
        }
        // Workers that share the socket with their master come and go; the master leads to them.
        let workers = Set(found.flatMap { (try? ProcessReader(pid: $0).descendants()) ?? [] })
        let masters = found.filter { !workers.contains($0) }
        return masters.isEmpty ? [first] : masters
    }

    static func quoted(_ output: String) -> String {
        let lines = output.split(separator: "\n").suffix(8)
        guard !lines.isEmpty else { return "" }
        return "; its last output:\n" + lines.map { "    " + String($0).escapedForTerminal }.joined(separator: "\n")
    }
}

/// The target died or can no longer be read.
package struct TargetLost: Error, Problematic {
    package var problem: Problem
}
