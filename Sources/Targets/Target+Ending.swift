import Glibc
import ProcessResources
import Remedies
import Sockets
import Subprocesses
import SystemCalls
import WebSocketProtocol

/// What is said of processes that end, and of those that take their place.
extension Target {
    /// How long a successor may take to listen.
    static let succession = Duration.seconds(1)

    /// The members of `tree` that listen on `port`.
    static func servers(of tree: borrowing ProcessTree, port: UInt16) -> [ProcessReader] {
        let pids = (try? tree.listeners(port: port)) ?? []
        return tree.members.filter { pids.contains($0.pid) }
    }

    /// The processes now, with what they have worked so far; `tree` has just been refreshed.
    private static func members(of tree: borrowing ProcessTree) -> [MembersSeen.Member] {
        tree.members.compactMap { member in
            guard let time = try? member.processorTime() else { return nil }
            return MembersSeen.Member(identity: member.identity, processorTime: time)
        }
    }

    /// Looks who is there before a row's first connection, and who listens before the target's first: whoever forks for each
    /// hands the socket on for a while.
    package func noteServers() throws {
        let members = try readingTree { tree in
            try tree.refresh()
            return Self.members(of: tree)
        }
        membersSeen.withLock { $0.begin(members) }
        guard servers.withLock({ $0.isEmpty }) else { return }
        let present = try readingTree { tree in
            try tree.refresh()
            return Self.servers(of: tree, port: url.port)
        }
        servers.withLock { $0 = present }
    }

    /// Describes processes that listened, or served in the row's `connections` so far, and have ended; nil if none has.
    ///
    /// Reports each once. Throws `TargetLost` where one listened and nothing listens in its place.
    package func replacement(connections: Int) async throws -> MembersSeen.Replacement? {
        // Before the listeners: one that ends between both looks is then no worker that nobody has replaced.
        let members = try readingTree { tree in
            try tree.refresh()
            return Self.members(of: tree)
        }
        if let replacement = try await listenerReplacement() { return replacement }
        return membersSeen.withLock { seen in
            seen.note(members, connections: connections)
        }
    }

    private func listenerReplacement() async throws -> MembersSeen.Replacement? {
        let (known, ended) = servers.withLock { servers in
            (Set(servers.map(\.pid)), servers.filter { !$0.isAlive }.map(\.pid))
        }
        guard !ended.isEmpty else { return nil }
        let deadline = MonotonicTime.now + Self.succession
        var successors: [ProcessReader] = []
        var fresh: [Int32] = []
        repeat {
            try await Task.sleep(for: .milliseconds(20))
            successors = try readingTree { tree in
                try tree.refresh()
                return Self.servers(of: tree, port: url.port)
            }
            fresh = successors.map(\.pid).filter { !known.contains($0) }
        } while fresh.isEmpty && MonotonicTime.now < deadline
        servers.withLock { $0 = successors }
        guard !successors.isEmpty else {
            let output = command.map { Target.quoted($0.lastOutput) } ?? ""
            throw TargetLost(
                problem:
                    "process \(Self.list(ended)) of the target, which listened on port \(url.port), has ended, and "
                    + "nothing listens in its place: see its log\(output)")
        }
        return MembersSeen.Replacement(ended: ended, fresh: fresh)
    }

    /// Whether a process has as many descriptors open as it may.
    package func isOutOfDescriptors() throws -> Bool {
        tree.withLock { tree in
            tree.members.contains { member in
                guard let limit = try? member.openFileLimit().soft, let count = try? member.descriptorCount() else {
                    return false
                }
                return count >= limit - 1
            }
        }
    }

    /// What became of the target after `failure`: how a command ended and what it said last, and who listens now.
    func obituary(_ failure: ProcessReadFailure) -> Problem {
        let deadline = MonotonicTime.now + Self.succession
        var ending: TerminationStatus?
        var successors: [Int32] = []
        let lost = Set(pids)
        while MonotonicTime.now < deadline {
            ending = ending ?? command?.status()
            successors = ProcessReader.listening(port: url.port)
            if !lost.isSuperset(of: successors) || (!successors.isEmpty && ending != nil) { break }
            usleep(20_000)
        }
        var words: Problem = "\(failure)"
        if let command, let ending {
            let reason = ending.isKill ? ", perhaps by a kernel out of memory, whose log (dmesg) says so" : ""
            words = "process \(command.pid) \(ending)\(reason)\(Target.quoted(command.lastOutput))"
        }
        guard !successors.isEmpty else { return words }
        let number = Self.list(successors)
        let now: Problem = "\(words); process \(number) listens on port \(url.port) now"
        return command == nil
            ? "\(now)\(remedies: .nameStarter)"
            : "\(now)\(remedies: .outside("give a command that stays"), .checkRunning(successors))"
    }

    private static func list(_ pids: [Int32]) -> String { pids.map(String.init).joined(separator: ", ") }
}
