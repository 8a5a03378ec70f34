/// Why the allocator of a process could not be read, and what to do about it.
public enum AllocatorReadFailure: Error, Hashable, Sendable {
    /// The kernel denies access to the process's memory.
    case notPermitted(pid: Int32)
    /// No allocator known here was found: neither glibc's nor CPython's.
    case noKnownAllocator(pid: Int32)
    /// The structures contradicted each other in every attempt; `detail` is the last contradiction.
    case inconsistent(pid: Int32, detail: String)
    /// The heap has `bytes`, more than the `limit` up to which it is copied.
    case tooLarge(pid: Int32, bytes: Int, limit: Int)
    /// The process itself could not be read.
    case process(ProcessReadFailure)
}

extension AllocatorReadFailure: CustomStringConvertible {
    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .notPermitted(let pid):
            "not permitted to read the memory of process \(pid): run as the same user as the process, with 0 in "
                + "/proc/sys/kernel/yama/ptrace_scope, or let Watertight start the process, or run as root; in a "
                + "container add the capability SYS_PTRACE"
        case .noKnownAllocator(let pid):
            "process \(pid) uses no allocator known here: glibc's malloc (2.26 and later) and CPython's are"
        case .inconsistent(let pid, let detail):
            "the allocator of process \(pid) could not be followed: \(detail); read it while the process is quiet"
        case .tooLarge(let pid, let bytes, let limit):
            "the heap of process \(pid) has \(bytes) B, and at most \(limit) B are copied to read it"
        case .process(let failure): failure.description
        }
    }
}

/// Memory that does not look as an allocator leaves it, mostly because the process runs meanwhile.
struct Contradiction: Error, Hashable {
    var detail: String

    init(_ detail: String) { self.detail = detail }
}
