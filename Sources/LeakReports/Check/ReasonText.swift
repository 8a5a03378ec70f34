import LeakCheck
import LeakStatistics
import Remedies

/// The words for each reason, the same in every report. The program that ran the check adds advice on what decides it.
struct ReasonText {
    private let resource: Resource
    private let reason: Reason

    /// The words for `reason`, which is about `resource`.
    init(_ reason: Reason, _ resource: Resource) {
        self.reason = reason
        self.resource = resource
    }

    /// One sentence without a full stop, which begins in lower case.
    var words: String {
        switch reason {
        case .kept, .keptUnevenly, .keptWhileStaying: leak
        case .released(let seconds):
            "kept for a while, released within \(Int(near: seconds.rounded(.up))) s after the last connection"
        case .releasedInPause: "what the connections kept was released during the pause"
        case .pauseMissing, .timersPending, .restUnconfirmed, .unsteady, .sessionCache: pause
        case .collectorPending, .outsideHeap, .explained, .unread: otherGauge
        case .limited, .fewCompleted, .failed, .stalled: row
        case .text(let words): words
        default: connections
        }
    }

    private func amount(_ value: Double) -> String { Amount.text(value, resource) }
    /// A leak of at most this bound; infinite where the process was at its lowest only in the end.
    private func leak(upTo bound: Double) -> String {
        bound.isFinite ? "a leak of up to \(Amount.bound(bound, resource))" : "a leak of any size"
    }
    private func whole(_ seconds: Double) -> Int { Int(near: seconds.rounded(.down)) }

    // MARK: Leaks

    private var leak: String {
        switch reason {
        case .kept(let pause, let connections, let isChosen):
            return kept(pause, connections, isChosen)
        case .keptUnevenly(let pause, let connections, let isChosen, let least, let most):
            return "the amount varies from \(amount(least)) to \(amount(most)); " + kept(pause, connections, isChosen)
        case .keptWhileStaying(let kept, let peers, let seconds):
            return
                "it kept \(kept) of \(peers) connections that were over for \(whole(seconds)) s, as their peers stayed and did "
                + "not close TCP; a client that leaves that to the server (RFC 6455, section 7.1.1) is kept for as long"
        default: return ""
        }
    }

    private func kept(_ pause: Double, _ connections: Int, _ isChosen: Bool) -> String {
        let choice = isChosen ? ", which the user chose," : ""
        return
            "it was kept through a pause of \(whole(pause)) s\(choice) and grew again; a server that releases it later, "
            + "or a cache of more than \(Amount.whole(Double(connections))) entries, would look the same"
    }

    // MARK: More connections

    private var connections: String {
        switch reason {
        case .notDriven(let problem): problem?.words ?? "the time ended before a connection was made"
        case .tooFewConnections(let count, let seconds, let held):
            "too few connections: \(Amount.whole(Double(count)))"
                + (seconds >= 1 ? " in \(Int(near: seconds.rounded())) s" : "")
                + (held > 0 ? "; they still hold \(held) more \(resource.unit)" : "")
        case .noisy(let bound): "\(leak(upTo: bound)) could hide in the noise of so few connections"
        case .roomAtStart(let bound, let bytes):
            "\(leak(upTo: bound)) could hide in the \(Amount.bytes(bytes)) that the process held before its "
                + "first connection, which may be free inside it"
        case .roomLeft(let bound):
            "\(leak(upTo: bound)) could hide in memory that the process holds and no longer needs"
        case .slowing: "growth slows down as warming up does, but has not ended"
        case .steps: "it grows in steps, too few of them to tell a leak"
        case .staleReadings: "its readings may be seconds old, and connections were made for few"
        case .stopped(let pause):
            "it grew, but not again after a pause of \(whole(pause)) s: kept for a time, or a cache that has filled"
        case .byChance(let verdicts): "it grows like a leak, but of \(verdicts) verdicts one may by chance"
        default: ""
        }
    }

    // MARK: A pause

    private var pause: String {
        switch reason {
        case .pauseMissing(let kept, let required) where kept >= required:
            // Not one pause: connections were made all the while.
            "suspected: it grew like a leak as long as connections were made, and the time was over before a pause of "
                + "\(whole(required)) s could tell"
        case .pauseMissing(let kept, let required):
            "suspected: it grows like a leak and was kept for at least \(whole(kept)) s, but servers keep things for up to "
                + "\(whole(required)) s"
        case .timersPending(let kept, let timers, let due):
            "suspected: it was kept for \(whole(kept)) s, and \(Amount.whole(Double(timers))) timers that connections left are due "
                + "within \(whole(due)) s, which may give it back"
        case .restUnconfirmed(let amount, let pause):
            "suspected: \(self.amount(amount)) stayed after a pause of \(whole(pause)) s that gave the rest back, and no second "
                + "pause confirmed it"
        case .unsteady(let least, let most):
            "what stays differs too much from drive to drive: \(amount(least)) to \(amount(most))"
        case .sessionCache(let connections, let entries):
            "it grows as a cache of TLS sessions does, which OpenSSL and the JDK fill with \(Amount.whole(Double(entries))) and "
                + "then keep at that; \(Amount.whole(Double(connections))) connections do not fill it, so a leak cannot be told "
                + "from it"
        default: ""
        }
    }

    // MARK: Another gauge

    private var otherGauge: String {
        switch reason {
        case .collectorPending:
            "memory grows, but this runtime collects garbage lazily, and growth before a collection is no evidence"
        case .outsideHeap(let bound):
            "\(leak(upTo: bound)) outside of the live heap could hide in what the collector has yet to "
                + "collect"
        case .explained(let other): "explained by \(other.words)"
        case .unread(let problem): problem.words
        default: ""
        }
    }

    // MARK: The row

    private var row: String {
        switch reason {
        case .limited(let stop, let then):
            return "the target was not driven beyond a safe share of \(Self.words(stop)); "
                + ReasonText(then, resource).words
        case .fewCompleted(let share, let problem):
            return "only \(Int(near: (share * 100).rounded(.down)))% of the connections went as the lifecycle wants"
                + (problem.map { "; the first problem: \($0.words)" } ?? "")
        case .failed(let failure, let grewBefore): return Self.words(failure) + grew(grewBefore)
        case .stalled(let stall, let grewBefore): return stall.remark + grew(grewBefore)
        default: return ""
        }
    }

    private func grew(_ before: Bool) -> String { before ? "; until then it grew like a leak" : "" }

    /// What a target could not safely take more of.
    static func words(_ stop: StopReason) -> String {
        switch stop {
        case .descriptors(let limit): "its limit of \(limit) descriptors, which ulimit -n raises"
        case .threads(let count): "\(Amount.whole(Double(count))) more threads"
        case .memory(let bytes): "\(Amount.bytes(Double(bytes))) more memory"
        case .text(let words): words
        }
    }

    /// Why a lifecycle no longer comes about.
    static func words(_ failure: RowFailure) -> String {
        func because(_ problem: Problem) -> String { problem.isEmpty ? "no reason known" : problem.words }
        switch failure {
        case .neverCame(let problem):
            return "no connection came about: \(because(problem)); the target's log may say why"
        case .ceased(let count, let problem):
            return "after \(Amount.whole(Double(count))) connections none came about: \(because(problem))"
        case .notAttempted(let problem):
            return "this side could not make the connections: \(because(problem))"
        case .targetLost(let count):
            return "the target was lost after \(Amount.whole(Double(count))) connections of this lifecycle"
        case .replaced(let ended, let fresh):
            let list = { (pids: [Int32]) in pids.map(String.init).joined(separator: ", ") }
            return "process \(list(ended)) of the target has ended"
                + (fresh.isEmpty ? "" : ", and process \(list(fresh)) took its place")
                + ": what it held is gone, and a leak with it; keep the server from replacing its processes during the "
                + "check, and see its log for why it did"
        case .text(let words): return words
        }
    }
}

extension CheckResult.Finding {
    /// Why the finding is what it is, and what decides it; nil if there is nothing to say.
    package var remark: String? {
        let words = [reason.map { ReasonText($0, resource).words }, outdated, advice].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    private var outdated: String? {
        guard let entry = outdatedKnownLeak else { return nil }
        if entry.isAllowance {
            return "that is more than the \(Amount.text(entry.perConnection, resource))\(resource.suffix) allowed"
        }
        let least = interval?.lowerBound ?? perConnection ?? .infinity
        // Records of earlier versions do not say.
        return switch objection ?? (least > entry.perConnection ? .grown : .expired) {
        case .grown: "it has grown beyond the known leak of \(entry.perConnection): \(entry.reason)"
        case .expired: "it was known until \(entry.expires): \(entry.reason)"
        case .otherCause:
            "it has another cause than the known leak"
                + (entry.cause.map { " of \($0.what)" } ?? "") + ": \(entry.reason)"
        }
    }
}
