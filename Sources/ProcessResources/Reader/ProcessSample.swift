/// What one process held at one moment.
public struct ProcessSample: Sendable, Hashable, Codable {
    /// The process.
    public var identity: ProcessIdentity
    /// Its memory, in bytes.
    public var memory: MemoryUsage
    /// Its descriptors by kind.
    public var descriptors: DescriptorCounts
    /// Its threads.
    public var threads: Int
    /// Its descriptors of TCP sockets by state; under `TCPState.unlisted` those that no table of the kernel lists.
    ///
    /// Excludes sockets of other families. A socket held twice counts twice. Families without a table (vsock, AF_ALG)
    /// count as unlisted.
    public var tcpStates: [TCPState: Int]
    /// The numbers of its children.
    public var children: [Int32]

    /// The process number.
    public var pid: Int32 { identity.pid }

    /// Joins readings.
    public init(
        identity: ProcessIdentity, memory: MemoryUsage, descriptors: DescriptorCounts, threads: Int,
        tcpStates: [TCPState: Int], children: [Int32]
    ) {
        self.identity = identity
        self.memory = memory
        self.descriptors = descriptors
        self.threads = threads
        self.tcpStates = tcpStates
        self.children = children
    }
}

extension ProcessReader {
    /// Reads everything about the process.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted`, `malformed` or `unreadable`.
    public func sample() throws(ProcessReadFailure) -> ProcessSample {
        var tables: SocketTableCache? = SocketTableCache()
        return try sample(tables: &tables)
    }

    /// Reads everything; the states of sockets only with `tables`.
    func sample(tables: inout SocketTableCache?) throws(ProcessReadFailure) -> ProcessSample {
        let memory = try memory()
        var scan = try scan()
        var states: [TCPState: Int] = [:]
        if var known = tables {
            tables = nil
            defer { tables = known }
            states = try tcpStates(of: &scan, tables: &known)
        }
        return ProcessSample(
            identity: identity, memory: memory, descriptors: scan.counts, threads: try threads(), tcpStates: states,
            children: try children())
    }
}
