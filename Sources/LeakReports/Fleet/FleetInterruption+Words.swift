package import Fleet
import LeakStatistics

extension FleetResult {
    /// How far it was read and why no further, in words; nil for a whole one.
    var interruptionWords: String? {
        guard let interruption else { return nil }
        let missing = time.upperBound - interruption.readUntil
        let share = (missing / (time.upperBound - time.lowerBound) * 100).rounded()
        let amount =
            missing < 7200
            ? "\(Amount.whole((missing / 60).rounded())) min" : "\(Amount.whole((missing / 3600).rounded())) h"
        let part =
            missing > 0
            ? "it was read until \(FleetTime.text(interruption.readUntil)); missing are the \(amount) "
                + "up to \(FleetTime.text(time.upperBound)), \(Amount.whole(share))% of the time"
            : "the whole time was read"
        let unread = interruption.unread
        return "\(interruption.cause.words); \(part)"
            + (unread.isEmpty ? "" : "; nothing was read of \(unread.joined(separator: ", "))")
    }
}

extension FleetInterruption.Cause {
    /// Why reading ended, in words.
    var words: String {
        switch self {
        case .cancelled: "interrupted"
        case .lost(let failure): "Prometheus was lost: \(failure.words)"
        }
    }

    /// The same in a few words, at the end of a conclusion.
    var brief: String {
        switch self {
        case .cancelled: "interrupted before the end"
        case .lost: "Prometheus was lost before the end"
        }
    }
}

extension StoreFailure {
    /// What went wrong, without what to do about it.
    package var words: String {
        switch self {
        case .unreachable(let problem, let attempts):
            "Prometheus cannot be asked: \(problem)\(attempts > 1 ? ", after \(attempts) attempts" : "")"
        case .refused(let status, let problem): "Prometheus refuses the query with \(status): \(problem)"
        case .unauthorised(let status): "Prometheus answers \(status)"
        case .malformed(let problem): "what came is no whole answer of Prometheus: \(problem)"
        case .clocksApart(let seconds):
            "the clock of Prometheus is \(Amount.whole(abs(seconds))) s \(seconds < 0 ? "behind" : "ahead of") this machine's"
        }
    }
}
