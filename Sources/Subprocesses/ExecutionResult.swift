public import SystemCalls

/// What a program left that has run to its end.
public struct ExecutionResult: Sendable {
    /// How it ended.
    public var status: TerminationStatus
    /// What it wrote to its standard output.
    public var output: [UInt8]
    /// What it wrote to its standard error.
    public var errors: [UInt8]

    /// What it wrote to its standard output, as text.
    public var outputText: String { String(decoding: output, as: UTF8.self) }

    /// The end of what it wrote, in one line: of both streams, the output last.
    public var outputTail: String {
        let text = String(decoding: errors + output, as: UTF8.self)
        return String(text.split(separator: "\n").suffix(3).joined(separator: "; ").suffix(400))
    }
}

/// A program that could not be started, or that broke a limit.
public enum SubprocessFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such program.
    case notFound(String)
    /// It could not be started, or its output not be read.
    case system(String, SystemCallError)
    /// It printed more than it may.
    case outputLimit(String, bytes: Int)
    /// It had not ended in time.
    case timeLimit(String)

    /// What went wrong, with the program's name.
    public var description: String {
        switch self {
        case .notFound(let program): "there is no program \(program)"
        case .system(let program, let error): "cannot run \(program): \(error)"
        case .outputLimit(let program, let bytes): "\(program) prints more than \(bytes >> 20) MiB"
        case .timeLimit(let program): "\(program) did not end in time"
        }
    }
}
