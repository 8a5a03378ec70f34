import Glibc

/// Where a test process says what is no issue of a test.
enum ErrorOutput {
    /// Writes a line to stderr.
    static func write(_ line: String) {
        let text = line + "\n"
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
