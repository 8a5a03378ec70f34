/// A thread of a process.
public struct ProcessThread: Sendable, Hashable {
    /// Its number, as in `/proc/PID/task`.
    public var id: Int32
    /// Its name, at most 15 bytes, which it shares with the process unless it has one of its own.
    public var name: String
}
