/// A target with all its descendants, followed from sample to sample.
///
/// A descendant stays in the tree when its parent ends and another process adopts it. Costs one descriptor per member.
public struct ProcessTree: Sendable {
    private let roots: [ProcessReader]
    private var descendants: [Int32: ProcessReader] = [:]
    /// The group whose processes are the members, in place of roots.
    private let group: ControlGroup?

    /// Finds the roots and their descendants.
    ///
    /// - Throws: as `ProcessReader.init`, for the first root that cannot be read, and as `refresh`.
    public init(roots pids: [Int32]) throws(ProcessReadFailure) {
        var roots: [ProcessReader] = []
        for pid in pids where !roots.contains(where: { $0.pid == pid }) { roots.append(try ProcessReader(pid: pid)) }
        self.roots = roots
        group = nil
        try refresh()
    }

    /// Finds the processes of a control group; any of them may end while others go on.
    ///
    /// - Throws: as `refresh`.
    public init(group: ControlGroup) throws(ProcessReadFailure) {
        roots = []
        self.group = group
        try refresh()
    }

    /// The processes known at the last refresh, the roots first, then by number.
    public var members: [ProcessReader] {
        roots + descendants.values.sorted { $0.pid < $1.pid }
    }

    /// Whether `member` is a root. The check ends when a root cannot be read.
    package func needs(_ member: ProcessReader) -> Bool { roots.contains { $0 === member } }

    /// Adds new descendants, or members of the group, and removes those that ended or left it.
    ///
    /// - Throws: `exited` or `zombie` for a root; `group` for a group that is gone or empty; `notPermitted`,
    ///   `malformed` or `unreadable` for any.
    public mutating func refresh() throws(ProcessReadFailure) {
        if let group { return try refresh(group) }
        descendants = descendants.filter { $0.value.isAlive }
        var waiting = members
        let rootPids = Set(roots.map(\.pid))
        while let parent = waiting.popLast() {
            let children: [Int32]
            do {
                children = try parent.children()
            } catch {
                guard error.meansEnded, !rootPids.contains(parent.pid) else { throw error }
                descendants[parent.pid] = nil
                continue
            }
            for pid in children where descendants[pid] == nil && !rootPids.contains(pid) {
                do {
                    let child = try ProcessReader(pid: pid)
                    descendants[pid] = child
                    waiting.append(child)
                } catch {
                    guard error.meansEnded else { throw error }
                }
            }
        }
    }

    private mutating func refresh(_ group: ControlGroup) throws(ProcessReadFailure) {
        let pids: [Int32]
        do throws(ControlGroupFailure) {
            pids = try group.pids()
        } catch {
            throw .group("\(error)")
        }
        let present = Set(pids)
        descendants = descendants.filter { present.contains($0.key) && $0.value.isAlive }
        for pid in pids where descendants[pid] == nil {
            do {
                let reader = try ProcessReader(pid: pid)
                if reader.isAlive { descendants[pid] = reader }
            } catch {
                guard error.meansEnded else { throw error }
            }
        }
        if descendants.isEmpty { throw .group("no process is left in the control group \(group.directory)") }
    }

    /// Refreshes, then reads every member; skips a descendant that ends meanwhile.
    ///
    /// Without `tcpStates` it does not read the kernel's tables of sockets, whose walk takes some ten milliseconds on a
    /// machine with much memory.
    ///
    /// - Throws: as `refresh`.
    public mutating func sample(tcpStates: Bool = true) throws(ProcessReadFailure) -> ProcessTreeSample {
        try refresh()
        var tables = tcpStates ? SocketTableCache() : nil
        var samples: [ProcessSample] = []
        for root in roots { samples.append(try root.sample(tables: &tables)) }
        for member in descendants.values.sorted(by: { $0.pid < $1.pid }) {
            do {
                samples.append(try member.sample(tables: &tables))
            } catch {
                guard error.meansEnded else { throw error }
                descendants[member.pid] = nil
            }
        }
        // All of a group may have ended since it was read.
        if samples.isEmpty, let group { throw .group("no process is left in the control group \(group.directory)") }
        return ProcessTreeSample(processes: samples)
    }

    /// The members that hold a socket listening on `port`; empty if another process, or none, does.
    ///
    /// Reads the members of the last refresh.
    ///
    /// - Throws: `exited` or `zombie` for a root; `notPermitted` or `unreadable` for any.
    public func listeners(port: UInt16) throws(ProcessReadFailure) -> [Int32] {
        var found: [Int32] = []
        for member in members {
            do {
                if try member.listens(port: port) { found.append(member.pid) }
            } catch {
                guard error.meansEnded, descendants[member.pid] != nil else { throw error }
            }
        }
        return found
    }
}
