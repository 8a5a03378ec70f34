import Glibc

/// The process's own streams, written at once and whole.
enum StandardOutput {
    static func print(_ text: String) { write(text + "\n") }
    /// Whether anybody is left to read it.
    @discardableResult
    static func write(_ text: String) -> Bool { writeAll(text, to: STDOUT_FILENO) }
    static var isTerminal: Bool { isatty(STDOUT_FILENO) != 0 }
    /// Whether to write in colour: to a terminal whose user does not refuse it (no-color.org).
    static var wantsColour: Bool { isTerminal && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true) }
    static var size: TerminalSize { TerminalSize(STDOUT_FILENO) }
}

enum StandardError {
    static func print(_ text: String) { write(text + "\n") }
    static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }
    static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }

    static var columns: Int { TerminalSize(STDERR_FILENO).columns }
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
}

/// A reader that has gone away is not an error of ours: what it does not want is dropped.
@discardableResult
private func writeAll(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if errno != EINTR {
                return errno != EPIPE
            }
        }
        return true
    }
}
