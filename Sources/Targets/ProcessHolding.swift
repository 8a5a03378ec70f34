/// What one process of a target holds.
public struct ProcessHolding: Hashable, Sendable, Codable {
    /// The process number.
    public var pid: Int32
    /// When the process started, in ticks since the machine did: a later one of the same number is another.
    public var startTicks: UInt64
    /// What the kernel calls the process: the name of its program, cut to 15 bytes, or what it chose for itself.
    public var name: String
    /// Open descriptors.
    public var descriptors: Int
    /// Memory that is nobody else's, in bytes.
    public var privateBytes: Int

    /// Describes one process.
    public init(pid: Int32, startTicks: UInt64, name: String, descriptors: Int, privateBytes: Int) {
        self.pid = pid
        self.startTicks = startTicks
        self.name = name
        self.descriptors = descriptors
        self.privateBytes = privateBytes
    }
}

/// What one process of several has come to hold between two readings of a target.
public struct ProcessGain: Hashable, Sendable, Codable {
    /// The process number.
    public var pid: Int32
    /// What the kernel calls the process.
    public var name: String
    /// Descriptors that it holds now and did not before; below 0 where it holds fewer.
    public var descriptors: Int
    /// Private bytes that it holds now and did not before; below 0 where it holds fewer.
    public var privateBytes: Int
    /// Whether it was not there before, so that all that it holds counts.
    public var isNew: Bool

    /// Growth of private memory below which a process that holds no more descriptors is not named: a few pages come and go.
    public static let leastBytes = 65_536

    /// The processes that gained between two readings, whoever gained most descriptors first, then most memory.
    ///
    /// Empty for a target of one process at both readings, of which there is nothing to tell apart. What a process held that
    /// ended in between went with it, and is not here.
    public static func gains(from before: [ProcessHolding], to after: [ProcessHolding]) -> [ProcessGain] {
        guard before.count > 1 || after.count > 1 else { return [] }
        let gains = after.map { now in
            let then = before.first { $0.pid == now.pid && $0.startTicks == now.startTicks }
            return ProcessGain(
                pid: now.pid, name: now.name, descriptors: now.descriptors - (then?.descriptors ?? 0),
                privateBytes: now.privateBytes - (then?.privateBytes ?? 0), isNew: then == nil)
        }
        return gains.filter { $0.descriptors > 0 || $0.privateBytes >= leastBytes }.sorted {
            ($0.descriptors, $0.privateBytes, -$0.pid) > ($1.descriptors, $1.privateBytes, -$1.pid)
        }
    }
}
