/// A thread of a process.
public struct ProcessThread: Sendable, Hashable {
    /// Its number, as in `/proc/PID/task`.
    public var id: Int32
    /// Its name, at most 15 bytes; that of the process unless it has its own.
    public var name: String
}
