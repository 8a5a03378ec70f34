import Glibc

/// What a process that replays a check is told by a variable: which check, how often, and where to report.
struct ReplayOrder: Equatable {
    /// The key of the check's site.
    var check: String
    /// How often to run the body first, and then in each of two intervals.
    var load: ReplayLoad
    /// How long after its runs a task that outlives them may still open something.
    var lateness: Duration
    /// The process that ordered it.
    var process: Int32
    /// Its descriptors of two pipes: to be written to by the replay, and to be read.
    var reports: Int32
    var commands: Int32

    /// The variable.
    static let variable = "WATERTIGHT_REPLAY"

    /// What this process was told; nil in one that replays nothing.
    static let own = getenv(variable).flatMap { ReplayOrder(String(cString: $0)) }
}

extension ReplayOrder {
    /// The variable's value.
    var text: String {
        let numbers = [
            load.warmUp, load.runs, Int(lateness / .milliseconds(1)), Int(process), Int(reports), Int(commands),
        ]
        return check + "\t" + numbers.map(String.init).joined(separator: "\t")
    }

    /// Reads the variable's value; nil where it is none.
    init?(_ text: String) {
        let fields = text.split(separator: "\t")
        let numbers = fields.dropFirst().compactMap { Int32($0) }.map(Int.init)
        guard fields.count == 7, numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        check = String(fields[0])
        load = ReplayLoad(warmUp: numbers[0], runs: numbers[1])
        lateness = .milliseconds(numbers[2])
        (process, reports, commands) = (Int32(numbers[3]), Int32(numbers[4]), Int32(numbers[5]))
    }
}
