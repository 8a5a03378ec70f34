package import LeakCheck
import LeakStatistics
import Lifecycles

/// A check that goes on, as a live page shows it: the report of what is decided, and what is being done now.
package struct LiveCheck: LiveState {
    package static let partNames = ["heading", "now", "sockets", "plots", "leaks", "verdicts", "rest"]
    package static let title = "Watertight leak check"

    package private(set) var changes = LiveChanges()
    package private(set) var isOver = false
    /// The result so far: the rows that are decided, and the samples of all.
    private(set) var result: CheckResult?
    /// The rows that are to be driven, in order.
    private(set) var rows: [CheckRecord.Row] = []
    private(set) var progress: LeakCheck.Progress?
    private(set) var line = ProgressLine()
    /// Sockets by TCP state, as they were read last.
    private(set) var sockets: [String: Int] = [:]
    /// The samples of rows that are not decided, by the row's label.
    private(set) var samples: [String: [CheckResult.Sample]] = [:]
    /// Rows that are left out, by label.
    private var inapplicable: Set<String> = []
    private let knownLeaks: [KnownLeak]
    let budgetSeconds: Double

    /// A check that has not begun; leaks that `knownLeaks` accept are shown as such.
    package init(budgetSeconds: Double, knownLeaks: [KnownLeak] = []) {
        self.budgetSeconds = budgetSeconds
        self.knownLeaks = knownLeaks
        changes.note("heading")
    }

    /// Adds what the check writes down.
    package mutating func add(_ entry: CheckRecord.Entry) {
        guard !isOver else { return }
        switch entry {
        case .header(let header):
            result = CheckResult(begun: header)
            rows = header.rows
            changes.note("heading", "verdicts")
        case .sample(let sample): add(sample)
        case .row(let facts):
            guard facts.isInapplicable, inapplicable.insert(facts.label).inserted else { return }
            rows.removeAll { $0.label == facts.label }
            changes.note("verdicts")
        case .end: break
        }
    }

    private mutating func add(_ sample: CheckResult.Sample) {
        samples[sample.label, default: []].append(sample)
        LiveSeries.thin(&samples[sample.label, default: []]) { $0.phase == .pause }
        if let states = sample.tcpStates, states != sockets {
            sockets = states
            changes.note("sockets")
        }
        changes.note("plots")
    }

    /// Adds what the check reports of its course.
    package mutating func add(_ progress: LeakCheck.Progress) {
        guard !isOver else { return }
        line.note(progress)
        if progress.lifecycle != self.progress?.lifecycle || progress.suspects.count != self.progress?.suspects.count {
            changes.note("plots", "verdicts")
        }
        self.progress = progress
        changes.note("now")
        if let row = progress.finished { decide(row) }
    }

    private mutating func decide(_ row: CheckResult.Row) {
        guard var result else { return }
        let label = row.lifecycle.label
        var row = row
        row.reproducer = rows.first { $0.label == label }?.reproducer
        result.rows.append(row)
        result.samples += samples.removeValue(forKey: label) ?? []
        result.mark(knownLeaks)
        self.result = result
        changes.note("heading", "leaks", "verdicts", "plots")
    }

    /// The check is over, and came to this.
    package mutating func end(with result: CheckResult) {
        isOver = true
        self.result = result
        samples = [:]
        changes.note("heading", "now", "sockets", "plots", "leaks", "verdicts", "rest")
    }
}
