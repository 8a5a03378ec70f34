/// Why one attempt to read an allocator failed.
enum AttemptFailure: Error, Hashable {
    /// Another attempt would fail as well.
    case final(AllocatorReadFailure)
    /// The process changed something meanwhile; in words.
    case again(String)
}

/// A failure of one step of an attempt.
protocol AttemptFailing: Error {
    /// What it means for the attempt to read the process `pid`.
    func consequence(pid: Int32) -> AttemptFailure
}

extension Contradiction: AttemptFailing {
    func consequence(pid: Int32) -> AttemptFailure { .again(detail) }
}

extension MemoryReadFailure: AttemptFailing {
    func consequence(pid: Int32) -> AttemptFailure {
        switch self {
        case .notPermitted: .final(.notPermitted(pid: pid))
        case .ended: .final(.process(.exited(pid: pid)))
        case .unmapped: .again("memory was given back while it was read")
        }
    }
}

extension ProcessReadFailure: AttemptFailing {
    func consequence(pid: Int32) -> AttemptFailure {
        if case .notPermitted = self { return .final(.notPermitted(pid: pid)) }
        return .final(.process(self))
    }
}
