import Glibc
import SystemCalls

/// The process's output, written at once and whole.
enum StandardOutput {
    /// The first error other than that the reader has gone away, which does not concern us.
    private static let failed = Locked(false)

    static func print(_ text: String) { write(text + "\n") }

    /// Whether it was written and there may be more; the first error is told on stderr, and decides the exit code.
    @discardableResult
    static func write(_ text: String) -> Bool {
        guard let number = WholeWrite.write(text, to: STDOUT_FILENO) else { return true }
        let isFirst = failed.withLock { failed in
            guard number != EPIPE, !failed else { return false }
            failed = true
            return true
        }
        if isFirst { StandardError.print("watertight: cannot write to stdout: \(String(cString: strerror(number)))") }
        return false
    }

    /// Whether something that was written is lost, so that the process must not end as if all were well.
    static var hasFailed: Bool { failed.withLock { $0 } }
    static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }
    /// Whether escapes do what they are meant to: on a terminal that is not dumb.
    static var takesEscapes: Bool { isTerminal && !TerminalSize.isDumb }
    /// Whether to write in color: to a terminal that can, and whose user does not refuse it (no-color.org).
    static var wantsColour: Bool { takesEscapes && !StandardStreams.refuseColour }
    static var size: TerminalSize { TerminalSize(STDOUT_FILENO) }
}

/// What a user is told beside the output; where it cannot be written, there is nobody to tell.
enum StandardError {
    static func print(_ text: String) { write(text + "\n") }
    static func write(_ text: String) { _ = WholeWrite.write(text, to: STDERR_FILENO) }
    /// Whether escapes do what they are meant to: on a terminal that is not dumb.
    static var takesEscapes: Bool { isatty(STDERR_FILENO) != 0 && !TerminalSize.isDumb }
    /// Whether to write in color there.
    static var wantsColour: Bool { takesEscapes && !StandardStreams.refuseColour }

    static var columns: Int { TerminalSize(STDERR_FILENO).columns }
}

/// All three of them.
enum StandardStreams {
    /// Whether the user wants none (no-color.org).
    static var refuseColour: Bool { getenv("NO_COLOR").map { $0.pointee != 0 } ?? false }

    /// Occupies those that are closed, so that no file that is opened later takes their place and gets what they were to
    /// get; to use one is an error as before.
    static func occupyClosed() {
        for (number, access) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(number, F_GETFD) < 0 {
            // The lowest number that is free is this one.
            _ = open("/dev/null", access)
        }
    }
}

/// The size of a terminal, 80 by 24 where it is not known.
struct TerminalSize {
    var columns = 80
    var rows = 24

    fileprivate init(_ descriptor: Int32) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return }
        if size.ws_col > 0 { columns = Int(size.ws_col) }
        if size.ws_row > 0 { rows = Int(size.ws_row) }
    }

    /// Whether the terminal shows escapes as they are.
    fileprivate static var isDumb: Bool { getenv("TERM").map { String(cString: $0) == "dumb" } ?? false }
}
