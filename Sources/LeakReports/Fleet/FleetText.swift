import Fleet
import Glibc
import LeakStatistics

/// A finding of a fleet in words.
struct FleetText {
    private let finding: FleetResult.Finding

    init(_ finding: FleetResult.Finding) {
        self.finding = finding
    }

    /// What a cell of a table says: `leak 0.020`, `clean < 12 B`.
    var cell: String {
        switch finding.verdict {
        case .leak: "leak \(Amount.text(finding.perConnection ?? 0, finding.resource))"
        case .clean: "clean < \(Amount.bound(finding.smallestDetectable ?? 0, finding.resource))"
        case .inconclusive: "inconclusive"
        case nil: ""
        }
    }

    /// The group and the resource.
    var subject: String { [finding.groupName, finding.resource.rawValue].compactMap { $0 }.joined(separator: " ") }

    /// One sentence about it; nil for a clean one.
    var sentence: String? {
        switch finding.verdict {
        case .leak: "\(subject): \(statement)"
        case .inconclusive: "\(subject): inconclusive: \(statement)"
        case .clean, nil: nil
        }
    }

    /// What was found, without its subject.
    var statement: String {
        switch finding.verdict {
        case .leak:
            (["each connection leaves \(amount)\(interval.map { ", \($0)" } ?? "")"] + facts).joined(separator: "; ")
        case .inconclusive: (finding.reason?.words ?? "it could not be judged") + doubt
        case .clean:
            "no leak: \(Amount.bound(finding.smallestDetectable ?? 0, finding.resource))\(finding.resource.suffix) per "
                + "connection would have been seen"
        case nil: "it was not judged"
        }
    }

    /// How much a connection leaves: `0.50 descriptors`.
    var amount: String {
        finding.perConnection.map { Amount.text($0, finding.resource) + finding.resource.suffix }
            ?? "an unknown amount"
    }

    /// How far that is certain: `99% interval 0.49 to 0.51`.
    var interval: String? { finding.interval.map { "99% interval \(Amount.range($0, finding.resource))" } }

    /// What is known of a leak beside its amount, one fact each.
    var facts: [String] {
        var facts = ["it grew in \(finding.growingPods) of \(finding.pods) pods"]
        if finding.isBaseline { facts.append("that is the baseline") }
        if let end = finding.exhaustion {
            facts.append(
                "the first, \(end.pod.withoutControls), reaches its limit of \(Amount.whole(end.limit)) "
                    + "on \(FleetTime.day(end.time))")
        }
        return facts
    }

    /// The amount of an inconclusive finding, where there is one above nothing.
    private var doubt: String {
        guard let amount = finding.perConnection, let interval = finding.interval, interval.lowerBound > 0 else {
            return ""
        }
        return " (\(Amount.text(amount, finding.resource)) a connection, 99% interval "
            + "\(Amount.range(interval, finding.resource)))"
    }
}

extension FleetResult.Finding {
    /// The group as it is told; nil for one group.
    var groupName: String? { group.map(FleetResult.name(ofGroup:)) }
}

extension FleetResult {
    /// A value of the label that groups as it is told; pods without the label have an empty one.
    static func name(ofGroup group: String) -> String { group.isEmpty ? "(none)" : group.withoutControls }
}

extension FleetReason {
    /// The reason, and what would decide.
    var words: String {
        switch self {
        case .fewPods(let count):
            "\(count == 1 ? "one pod" : "\(count) pods") only: an interval needs three that are independent"
        case .shortLives: "no three pods ran long enough: take a longer time"
        case .noOpen: "it grew, and no gauge of open connections tells whether more clients made it"
        case .equalShares(let spread):
            "it grew, and time and connections cannot be told apart: the connections an hour of pods differ by "
                + "\(Amount.whole(spread * 100))% of their mean; unequal shares, or a baseline, would decide"
        case .growsWithTime(let amount):
            "it grows by the hour (\(Amount.count(amount)) in each pod), and not with connections"
        case .fewQuietTimes(let kept, let seen):
            seen == kept
                ? "\(seen == 0 ? "no" : "one") quiet time was seen that gave nothing back, and two are needed: take a longer time"
                : "of \(seen) quiet times \(seen - kept) gave back what had been gained"
        case .fewPodsGrow(let growing, let pods): "it grew in \(growing) of \(pods) pods only"
        case .slowing(let persistence):
            "it grows ever more slowly (\(Amount.whole(max(0, persistence) * 100))% of the rate before), as a cache that fills: take a longer time"
        case .onlyResident:
            "it grew, but memory of a process alone is no evidence where a runtime collects garbage when it likes: "
                + "export what the runtime has in use after a collection"
        case .wide: "a leak of the size that matters could hide: take a longer time"
        case .partial: "nothing grew in what was answered, which is a part"
        case .unread(let begin):
            "nothing grew in what was read, and something is missing from \(FleetTime.text(begin)) on: ask again"
        }
    }
}

extension FleetNote {
    /// The note as one line.
    var words: String {
        switch self {
        case .partial(let warning): "Prometheus answered in part: \(warning)"
        case .noOpen: "no gauge of open connections is known"
        case .gaps(let pods, let seconds):
            "\(pods) of the series have gaps, the longest of \(Amount.seconds(seconds))"
        case .unmatched(let metric, let series):
            "\(series) series of \(metric) have no counter of connections beside them and were left out"
        }
    }
}

/// Times of a fleet, in UTC.
enum FleetTime {
    /// `2026-03-01T12:00:00Z`.
    static func text(_ seconds: Double) -> String { format(seconds, "%Y-%m-%dT%H:%M:%SZ") }

    /// `03-05 12:00`.
    static func minute(_ seconds: Double) -> String { format(seconds, "%m-%d %H:%M") }

    /// `Thursday, 2026-03-05`.
    static func day(_ seconds: Double) -> String { format(seconds, "%A, %Y-%m-%d") }

    private static func format(_ seconds: Double, _ format: String) -> String {
        guard seconds.isFinite, seconds < 253_402_300_800 else { return "a day that is far off" }
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, format, &fields)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
