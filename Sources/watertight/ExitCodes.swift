import ArgumentParser

/// The exit codes, stable across versions.
enum Code {
    /// At least one row leaks.
    static let leak = ExitCode(1)
    /// No leak was found, and at least one row could not be judged.
    static let inconclusive = ExitCode(2)
    /// The arguments are wrong (EX_USAGE).
    static let usage = ExitCode(64)
    /// The target cannot be reached, or died (EX_UNAVAILABLE).
    static let unreachable = ExitCode(69)
    /// A defect of this tool (EX_SOFTWARE).
    static let internalError = ExitCode(70)
    /// SIGINT or SIGTERM.
    static let interrupted = ExitCode(130)
}
