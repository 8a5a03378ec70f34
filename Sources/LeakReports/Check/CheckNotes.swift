import LeakCheck
import LeakStatistics
import Lifecycles
import Remedies
import Targets

extension CheckResult.Stall {
    /// What happened, without the row.
    var remark: String {
        switch (kind, connections) {
        case (.serving, _): "the target serves nobody else while one peer of this lifecycle is silent"
        case (.accepting, 0): "the target accepted no connection"
        case (.answering, 0): "the target answered no connection within 5 s"
        case (.accepting, _): "the target stopped accepting connections after \(connections) of them"
        case (.answering, _): "the target stopped answering after \(connections) connections"
        }
    }

    /// What happened, what became of it, and what to do.
    var statement: String {
        let seconds = Int(near: pauseSeconds.rounded())
        if kind == .serving {
            return
                "\(remark): a polite connection waited for \(seconds) s, twice, and came about once that peer had left; do what "
                + "waits for a peer, such as the TLS handshake, apart from accepting connections"
        }
        return [
            "\(remark), while its process lived on",
            hasRecovered ? "it took part again within \(seconds) s" : "it did not take part again within \(seconds) s",
            isOutOfDescriptors
                ? "it has as many descriptors open as it may (ulimit -n): see what it leaves open"
                : "a stack trace of its threads, taken then, tells what it waits for",
        ].joined(separator: "; ")
    }
}

extension CheckResult.MemoryGrowth {
    /// The notes beside the verdicts.
    var words: String {
        "private memory grew by \(bytes >> 20) MB under \(label), beyond the environment's threshold of "
            + "\(thresholdBytes >> 20) MB; the row's verdict says what it is"
    }
}

extension CheckResult {
    /// All that the reader should know beside the verdicts.
    var allNotes: [String] {
        let exercised = rows.filter { $0.connections.letGo > 0 || $0.connections.pings > 0 }.map(\.lifecycle.label)
        return notes.map(\.words) + memoryGrowth.map(\.words) + rows.flatMap(\.remarks)
            + [stay?.wordsForLeftOut, stay?.words(besides: Set(exercised))].compactMap { $0 }
    }
}

extension Lifecycle {
    /// Whether the row is about how long the target keeps a silent peer.
    fileprivate var isAboutStaying: Bool { ["idle", "vanish-open"].contains(family) }
}

extension CheckResult.Row {
    /// How the target ended connections in its own way, and how it broke RFC 6455.
    fileprivate var remarks: [String] {
        var remarks: [String] = []
        let completed = Amount.whole(Double(connections.completed))
        if let deviation = connections.firstDeviation {
            remarks.append(
                "\(lifecycle.label): \(Amount.whole(Double(connections.endedOtherwise))) of \(completed) connections ended in the "
                    + "target's own way: \(deviation)")
        }
        if !gains.isEmpty {
            let list = gains.prefix(4).map {
                "process \($0.pid) (\($0.name)) \($0.descriptors) descriptors and \(Amount.bytes(Double($0.privateBytes)))"
            }
            remarks.append("\(lifecycle.label): what is left is held by \(list.joined(separator: ", "))")
        }
        if let timers {
            remarks.append(
                "\(lifecycle.label): when connections had ended, \(Amount.whole(Double(timers.count))) timers were set that fire once, due "
                    + "within \(Amount.whole(timers.dueSeconds.rounded())) s")
        }
        if let violation = connections.firstViolation {
            remarks.append(
                "\(lifecycle.label): the target broke RFC 6455 in \(Amount.whole(Double(connections.violations))) connections: "
                    + "\(violation)")
        }
        if lifecycle.isAboutStaying, connections.letGo > 0, let first = connections.firstLetGoAfter,
            let last = connections.lastLetGoAfter
        {
            let times = [first, last].map { Amount.count($0 / .seconds(1)) }
            remarks.append(
                "\(lifecycle.label): the target let go of \(Amount.whole(Double(connections.letGo))) of \(completed) peers that "
                    + "stayed, after \(times[0] == times[1] ? times[0] : times.joined(separator: " to ")) s")
        }
        if let held, held.letGo > 0 {
            let last = held.lastLetGoSeconds.map { ", the last after \(Amount.count($0)) s" } ?? ""
            remarks.append(
                "\(lifecycle.label): the target let go of \(held.letGo) of \(held.peers) peers that stayed after the end of their "
                    + "connections\(last)")
        }
        return remarks
    }
}

extension CheckResult.Stay {
    /// What is known of the target's heartbeat.
    private var seen: String {
        firstPingSeconds.map { "the first Ping comes after \(Amount.count($0)) s" }
            ?? unansweredLimitSeconds.map { "the target releases a silent peer after \(Amount.count($0)) s" }
            ?? (watchedSeconds > 0 ? "no Ping came within \(Int(near: watchedSeconds)) s" : "no Ping was waited for")
    }

    /// Which rows were left out, and why; nil if none was.
    fileprivate var wordsForLeftOut: String? {
        guard let leftOut, let longestSeconds else { return nil }
        return
            "\(leftOut.sorted().joined(separator: ", ")): not driven, because \(seen), and the time allows peers of these rows to "
            + "stay for \(Amount.count(longestSeconds)) s: hold peers for longer than the heartbeat takes, or give it more time"
    }

    /// Which rows did not exercise a heartbeat, apart from those known to have; nil if all did.
    fileprivate func words(besides exercised: Set<String>) -> String? {
        let isShort = { (seconds: Double) in
            seconds < [firstPingSeconds, unansweredLimitSeconds].compactMap { $0 }.min() ?? .infinity
        }
        let about = Set(Lifecycle.all.filter(\.isAboutStaying).map(\.label))
        let short = rows.filter { about.contains($0.key) && !exercised.contains($0.key) && isShort($0.value) }.keys
            .sorted()
        guard !short.isEmpty, let least = rows.values.min() else { return nil }
        return
            "\(short.joined(separator: ", ")): peers stayed for \(Amount.count(least)) s, and \(seen): what a heartbeat or an "
            + "idle limit does was not exercised"
    }
}
