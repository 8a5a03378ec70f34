/// What a target and its descendants held, process by process and summed.
public struct ProcessTreeSample: Sendable, Hashable, Codable {
    /// One sample for each process that was alive, the roots first.
    public var processes: [ProcessSample]

    /// Joins samples.
    public init(processes: [ProcessSample]) { self.processes = processes }

    /// Memory of all, in bytes; see `MemoryUsage.+` for shared pages.
    public var memory: MemoryUsage { processes.reduce(.zero) { $0 + $1.memory } }

    /// Descriptors of all; one inherited by two processes is held by both.
    public var descriptors: DescriptorCounts { processes.reduce(DescriptorCounts()) { $0 + $1.descriptors } }

    /// Threads of all.
    public var threads: Int { processes.reduce(0) { $0 + $1.threads } }

    /// Descriptors of TCP sockets of all, by state.
    public var tcpStates: [TCPState: Int] {
        processes.reduce(into: [:]) { $0.merge($1.tcpStates, uniquingKeysWith: +) }
    }
}
