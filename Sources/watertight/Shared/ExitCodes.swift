import ArgumentParser
import Environments
import Fleet
import LeakCheck
import LeakReports
import LeakStatistics
import SystemCalls
import Targets

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

    /// What is said of an error that ends a command, and the code for it.
    static func of(_ error: any Error) -> (words: String, code: ExitCode) {
        switch error {
        case let failure as TargetFailure:
            switch failure {
            case .invalid: (failure.problem.words, usage)
            case .untrusted: (failure.problem.words + TLSClientOptions.trustHint, unreachable)
            case .unreachable: (failure.problem.words, unreachable)
            }
        case let mistake as ConfigurationFile.Mistake: ("\(mistake)", usage)
        case let failure as FleetFailure: (failure.words.withoutControls, failure.code)
        case let failure as StoreFailure: (failure.advised.withoutControls, failure.code)
        case is CancellationError: ("interrupted before anything was measured", interrupted)
        case let failure as SystemCallError: ("cannot begin: \(failure)", internalError)
        case let failure as ReportFile.Failure: ("\(failure)", internalError)
        case let failure as RecordFile.Incomplete: ("\(failure)", internalError)
        case let failure as OwnExecutable.Failure: ("\(failure)", internalError)
        default: ("internal error: \(error)", internalError)
        }
    }

    /// The code for what a check came to; nil for a clean one. Leaks that are known do not count.
    static func of(_ result: CheckResult) -> ExitCode? {
        switch result.interruption {
        case .interrupted: return interrupted
        case .targetLost: return unreachable
        case nil: break
        }
        switch result.verdictBesideKnown {
        case .clean: return nil
        case .leak: return leak
        case .inconclusive: return inconclusive
        }
    }

    /// The code for what a fleet came to; nil for a clean one.
    static func of(_ result: FleetResult) -> ExitCode? {
        switch result.interruption?.cause {
        case .cancelled: return interrupted
        case .lost: return unreachable
        case nil: break
        }
        return switch result.verdict {
        case .clean: nil
        case .leak: leak
        case .inconclusive: inconclusive
        }
    }

    /// The code for what a watch came to; nil for a clean one. To be ended by the user is its ordinary end.
    static func of(_ result: WatchResult) -> ExitCode? {
        if result.targetLost != nil { return unreachable }
        if result.isUnfinished { return interrupted }
        return result.verdict == .clean ? nil : inconclusive
    }
}
