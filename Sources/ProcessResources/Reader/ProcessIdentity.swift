/// A process, distinguished from a later one with the same number.
public struct ProcessIdentity: Sendable, Hashable, Codable {
    /// The process number.
    public var pid: Int32
    /// When the process started, in clock ticks (100 a second) since the machine did: field 22 of `/proc/PID/stat`.
    public var startTicks: UInt64

    /// Joins a number and a start time.
    public init(pid: Int32, startTicks: UInt64) {
        self.pid = pid
        self.startTicks = startTicks
    }
}
