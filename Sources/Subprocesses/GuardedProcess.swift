import CLinux
import Glibc
public import SystemCalls

/// A program and all its descendants, none of which outlives this process.
///
/// A guardian stands between this process and the program: a small process, forked from this one, that adopts what the
/// program's processes leave behind, such as a daemon that forked twice or a child with a session of its own. When this
/// process ends, in whatever way, SIGKILL included, the guardian kills them all, round by round until none is left. Where
/// the guardian itself is killed, the kernel kills the program with it, unless that changed its user since; descendants of
/// the program may then live on. Processes that the program has others start, such as a container's or a service
/// manager's, are not its descendants.
///
/// Costs this process a descriptor, and the machine a process of few pages.
public final class GuardedProcess: Sendable {
    /// The program, leader of a process group of its own. Nobody else is given the number before `end()`, also where the
    /// program ends by itself.
    public let pid: Int32
    /// The parent of the program, and of whatever the program's processes leave behind.
    public let guardian: Int32
    private let channel: OwnedDescriptor
    private let condition = Locked(Condition())

    private struct Condition {
        var status: Int32?
        var isReaped = false
        /// Whether the guardian itself was killed, so that it guards the program's number no more.
        var isUnguarded = false

        mutating func note(_ message: Message) {
            if case .ended(let word) = message { status = status ?? word }
            // A guardian that is killed takes the program with it.
            if case .endOfMessages = message {
                status = status ?? SIGKILL
                isUnguarded = true
            }
        }
    }

    /// What the guardian says.
    private enum Message {
        case started(Int32)
        case failed(errno: Int32)
        case ended(status: Int32)
        case endOfMessages
        case nothingYet
    }

    /// How long the guardian may take to kill and to end.
    private static let endLimit = Duration.seconds(12)

    /// Starts `arguments`, as `ChildProcess.start` does.
    public init(
        _ arguments: [String], environment: [String: String] = [:], output: Int32, errors: Int32
    ) throws(SystemCallError) {
        let words = arguments.map { strdup($0) } + [nil]
        let variables = ChildProcess.inherited(with: environment).map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var number: Int32 = -1
        let guardian = clinux_start_guarded(words, variables, output, errors, &number)
        guard guardian > 0 else { throw SystemCallError(.fork) }
        let channel = OwnedDescriptor(owning: number)
        var failure = EIO
        switch Self.receive(from: channel.rawValue, flags: 0) {
        case .started(let pid):
            self.pid = pid
            self.guardian = guardian
            self.channel = channel
            return
        case .failed(let number): failure = number
        case .ended, .endOfMessages, .nothingYet: break
        }
        while waitpid(guardian, nil, 0) == -1 && errno == EINTR {}
        throw SystemCallError(.execve, errno: failure)
    }

    deinit {
        end()
    }

    /// How the program ended; nil while it runs.
    public func status() -> TerminationStatus? {
        condition.withLock { condition in
            if condition.status == nil {
                condition.note(Self.receive(from: channel.rawValue, flags: Int32(MSG_DONTWAIT)))
            }
            return condition.status.map(TerminationStatus.init)
        }
    }

    /// Sends a signal to the program's group. Returns whether there is one: after `end()` its number may be a stranger's.
    @discardableResult
    public func signal(_ number: Int32) -> Bool {
        condition.withLock { condition in
            guard !condition.isReaped else { return false }
            condition.note(Self.receive(from: channel.rawValue, flags: Int32(MSG_DONTWAIT)))
            return !condition.isUnguarded && kill(-pid, number) == 0
        }
    }

    /// Kills whatever is left of the program and its descendants, and returns when they are gone, at the latest after
    /// some twelve seconds.
    public func end() {
        condition.withLock { condition in
            guard !condition.isReaped else { return }
            condition.isReaped = true
            shutdown(channel.rawValue, Int32(SHUT_WR))
            let deadline = MonotonicTime.now + Self.endLimit
            listening: while Polling.wait(for: POLLIN, on: channel.rawValue, until: deadline) {
                let message = Self.receive(from: channel.rawValue, flags: 0)
                condition.note(message)
                // The guardian closes the channel by ending.
                if case .endOfMessages = message { break listening }
            }
            kill(guardian, SIGKILL)
            while waitpid(guardian, nil, 0) == -1 && errno == EINTR {}
        }
    }

    private static func receive(from channel: Int32, flags: Int32) -> Message {
        var message = clinux_guardian_message()
        var count = 0
        repeat {
            count = recv(channel, &message, MemoryLayout.size(ofValue: message), flags)
        } while count < 0 && errno == EINTR
        guard count > 0 else { return count == 0 || errno != EAGAIN ? .endOfMessages : .nothingYet }
        return switch Int(message.kind) {
        case clinux_guardian_started: .started(message.value)
        case clinux_guardian_failed: .failed(errno: message.value)
        default: .ended(status: message.value)
        }
    }
}
