import LeakCheck
import LeakReports
import LeakStatistics
import Lifecycles

/// What a user of the command can do about a doubt: which option decides it.
struct Advice {
    /// Time that the check had, in seconds.
    var budgetSeconds: Double

    /// Adds to each finding of a result what decides it.
    func add(to result: inout CheckResult) {
        for row in result.rows.indices {
            let choice = Self.choice(of: result.rows[row])
            for index in result.rows[row].resources.indices {
                guard let reason = result.rows[row].resources[index].reason else { continue }
                result.rows[row].resources[index].advice = words(reason, result, choice)
            }
        }
    }

    /// The options that choose a row alone, as the command that reproduces it has them: of a script it knows the path.
    private static func choice(of row: CheckResult.Row) -> String {
        let begin = "watertight check "
        if let command = row.reproducer, command.hasPrefix(begin), let end = command.firstRange(of: " --seed ") {
            return String(command[..<end.lowerBound].dropFirst(begin.count))
        }
        return "--lifecycle \(row.lifecycle.name)"
    }

    private func words(_ reason: Reason, _ result: CheckResult, _ choice: String) -> String? {
        switch reason {
        case .notDriven(problem: nil): return notDriven(result)
        case .tooFewConnections, .noisy, .slowing, .steps, .staleReadings, .stopped, .byChance, .roomLeft, .unsteady,
            .outsideHeap, .sessionCache:
            return "decide it with \(choice) --budget \(longer)"
        case .roomAtStart(_, let bytes):
            let needed = bytes / Self.requiredBytes
            return "\(Int(near: needed.rounded(.up))) connections, or an exact --heap, decide it: \(choice) "
                + "--budget \(longer)"
        case .pauseMissing(_, let required), .restUnconfirmed(_, let required):
            let seconds = Int(near: (max(required, 75) * 2 + 30).rounded(.up))
            return "decide it with \(choice) --budget \(seconds)s"
        case .timersPending(_, _, let due):
            return "decide it with \(choice) --pause \(Int(near: (due + 5).rounded(.up)))s"
        case .collectorPending: return collector(result.runtime)
        case .failed(.neverCame, _): return "watertight connect URL tries one by hand"
        case .failed(.notAttempted, _): return "give a lower --concurrency, or raise ulimit -n"
        case .limited(_, let then): return words(then, result, choice)
        default: return nil
        }
    }

    /// A leak of as many bytes a connection must be seen for private memory to be clean.
    private static let requiredBytes = 512.0

    private var longer: String { "\(Int(near: max(60, budgetSeconds)))s" }

    private func notDriven(_ result: CheckResult) -> String {
        guard let start = result.startSeconds, start >= 1 else {
            return "give a longer --budget, or name a --lifecycle"
        }
        let seconds = Int(near: (start * Double(result.rows.count) * 1.5 + 60).rounded(.up))
        return
            "each start of the target takes \(Int(near: start.rounded(.up))) s: give --budget \(seconds)s, or name a "
            + "--lifecycle"
    }

    private func collector(_ runtime: String) -> String {
        if runtime.hasPrefix("go") {
            return "have the server import net/http/pprof and serve it, on a loopback port, which --heap auto finds"
        }
        return "let --heap read what is live"
    }
}
