import Glibc

/// Why a process could not be read, and what to do about it.
public enum ProcessReadFailure: Error, Hashable, Sendable {
    /// No process has this number.
    case noSuchProcess(pid: Int32)
    /// The process ended after the reader was made; its number may belong to another one by now.
    case exited(pid: Int32)
    /// The process has ended and waits for its parent to collect it; nothing can be read.
    case zombie(pid: Int32)
    /// The kernel denies access to `file`.
    case notPermitted(pid: Int32, file: String)
    /// A system call on `file` failed with `errno`.
    case unreadable(pid: Int32, file: String, errno: Int32)
    /// `file` was read but is not as documented.
    case malformed(pid: Int32, file: String, detail: String)
    /// The control group is gone, empty or unreadable, in words.
    case group(String)
}

extension ProcessReadFailure {
    /// The condition of a process after a call on one of its files failed.
    enum Condition {
        case alive
        case zombie
        case gone
    }

    /// The reason for `errno` on `file`, given the condition of the process since.
    init(pid: Int32, file: String, errno: Int32, condition: Condition) {
        switch (errno, condition) {
        // A shortage of this process says nothing about the target.
        case (EMFILE, _), (ENFILE, _), (ENOMEM, _): self = .unreadable(pid: pid, file: file, errno: errno)
        case (_, .gone): self = .exited(pid: pid)
        case (_, .zombie): self = .zombie(pid: pid)
        case (EACCES, .alive), (EPERM, .alive): self = .notPermitted(pid: pid, file: file)
        case (_, .alive): self = .unreadable(pid: pid, file: file, errno: errno)
        }
    }

    /// Whether the process has ended, so that a process tree may continue without it.
    package var meansEnded: Bool {
        switch self {
        case .noSuchProcess, .exited, .zombie: true
        case .notPermitted, .unreadable, .malformed, .group: false
        }
    }
}

extension ProcessReadFailure: CustomStringConvertible {
    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .noSuchProcess(let pid):
            "no process \(pid): check the number, and that it is of this PID namespace (a container has its own)"
        case .exited(let pid):
            "process \(pid) has exited: look at its own log for the reason, then start the check anew"
        case .zombie(let pid):
            "process \(pid) has exited and its parent has not waited for it: there is nothing left to read"
        case .notPermitted(let pid, let file):
            "not permitted to read \(file) of process \(pid): run as the same user as the process or as root; "
                + "in a container add the capability SYS_PTRACE; see also /proc/sys/kernel/yama/ptrace_scope"
        case .unreadable(let pid, let file, let number) where number == EMFILE || number == ENFILE:
            "cannot read \(file) of process \(pid): \(Self.text(number)): raise the limit of open files (ulimit -n)"
        case .unreadable(let pid, let file, let number):
            "cannot read \(file) of process \(pid): \(Self.text(number)); is /proc mounted, and is this a user process?"
        case .malformed(let pid, let file, let detail):
            "\(file) of process \(pid) does not read as documented in proc(5): \(detail); please report it with `uname -r`"
        case .group(let problem): problem
        }
    }

    private static func text(_ number: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(number, &buffer, buffer.count) == 0 else { return "errno \(number)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
