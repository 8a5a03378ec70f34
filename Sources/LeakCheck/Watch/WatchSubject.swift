import HeapProbes
import ProcessResources
import SystemCalls
import Targets
import WebSocketProtocol

/// The processes that a watch reads.
struct WatchSubject {
    private var tree: ProcessTree
    /// The states of sockets are not read again before then.
    private var statesDue = MonotonicTime.now
    /// The part of all time that reading the states of sockets may take: the kernel walks tables that grow with the
    /// machine's memory, for a millisecond or for a quarter of a second.
    private static let statesShare = 0.05

    /// What they are, in words.
    let description: String
    /// Where they serve, as far as it was told.
    private let port: UInt16?
    let runtime: RecognisedRuntime

    /// Finds them; throws `ProcessReadFailure` or `TargetFailure`.
    init(_ subject: WatchPlan.Subject) throws {
        switch subject {
        case .processes(let pids): (tree, port) = (try ProcessTree(roots: pids), nil)
        case .port(let port):
            tree = try ProcessTree(roots: Target.listeningProcesses(port: port))
            self.port = port
        case .group(let group): (tree, port) = (try ProcessTree(group: group), nil)
        }
        runtime = try Target.runtime(of: tree)
        description = Self.words(for: tree)
    }

    /// Whether they can be read at all; throws `ProcessReadFailure`.
    mutating func requireReadable() throws { _ = try tree.sample(tcpStates: false) }

    /// The TCP sockets of the processes of the last sample, by inode; throws `ProcessReadFailure`.
    func tcpSockets() throws -> [UInt64: TCPState] { try tree.tcpSockets() }

    /// The target as probes need to know it: where it serves is the port that was told, otherwise the first on which it
    /// listens. Nil where there is no process.
    var heapSubject: HeapSubject? {
        let members = tree.members
        let listened = port ?? members.lazy.compactMap { (try? $0.heldListeners())?.first?.local.port }.first
        // One that listens on nothing is looked for on no port.
        guard !members.isEmpty, let url = try? HTTPLocation("http://127.0.0.1:\(listened ?? 1)/") else { return nil }
        return HeapSubject(processes: members, url: url, isOwn: false)
    }

    /// How many processes the last sample was of.
    var processes: Int { tree.members.count }

    /// The smallest soft limit of descriptors among them; nil where it cannot be read or there is none.
    var descriptorLimit: Int? { tree.members.compactMap { try? $0.openFileLimit().soft }.min() }

    /// Reads all of them, the states of sockets where it is time for that; throws `ProcessReadFailure`.
    mutating func sample(at seconds: Double) throws -> CheckResult.Sample {
        let start = MonotonicTime.now
        let readsStates = start >= statesDue
        defer { if readsStates { statesDue = .now + start.elapsed / Self.statesShare } }
        return try sample(at: seconds, readsStates: readsStates)
    }

    mutating func sample(at seconds: Double, readsStates: Bool) throws -> CheckResult.Sample {
        let sample = try tree.sample(tcpStates: readsStates)
        let (memory, descriptors) = (sample.memory, sample.descriptors)
        return CheckResult.Sample(
            lifecycle: CheckRecord.watchLabel, connections: 0, seconds: seconds, phase: .measure,
            descriptors: descriptors.total, threads: sample.threads, privateMemory: memory.privateBytes,
            residentMemory: memory.residentBytes,
            descriptorKinds: Dictionary(
                descriptors.byKind.map { (Self.word($0.key.rawValue), $0.value) }, uniquingKeysWith: +),
            tcpStates: readsStates
                ? Dictionary(uniqueKeysWithValues: sample.tcpStates.map { ($0.key.name, $0.value) }) : nil)
    }

    /// A kind's name as one word, which it need not be where the kernel knows kinds that we do not.
    private static func word(_ kind: String) -> String {
        String(kind.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "_" })
    }

    private static func words(for tree: ProcessTree) -> String {
        let members = tree.members
        let named = members.prefix(8).map { member in
            let words = (try? member.commandLine())?.joined(separator: " ") ?? ""
            return words.isEmpty ? "\(member.pid)" : "\(member.pid) (\(String(words.prefix(80)).escapedForTerminal))"
        }
        let rest = members.count - named.count
        let noun = members.count == 1 ? "process" : "processes"
        return "\(noun) \(named.joined(separator: ", "))" + (rest > 0 ? " and \(rest) more" : "")
    }
}
