import LeakStatistics
package import Search

/// The progress of a search, as one line that overwrites itself.
package enum SearchProgressLine {
    /// The line for a terminal `columns` wide, with the erasure of the one before.
    package static func render(_ progress: SearchProgress, budgetSeconds: Double, columns: Int) -> String {
        ProgressLine.fitted(words(progress, budgetSeconds: budgetSeconds), columns: columns)
    }

    /// What is said of it; in this order it is left out where there is no room.
    static func words(_ progress: SearchProgress, budgetSeconds: Double) -> [String] {
        let doing: String
        if progress.isConfirming {
            doing = "a row of the check decides: \(progress.suspicion.map { "\($0)" } ?? "")"
        } else if let suspicion = progress.suspicion {
            doing = "following: \(suspicion)"
        } else {
            doing = "searching"
        }
        let counts = progress.counts
        let left = max(0, budgetSeconds - progress.seconds)
        return [
            "\(progress.findings) found", "\(Int(near: left.rounded(.up))) of \(Int(near: budgetSeconds)) s left",
            doing,
            "\(Amount.whole(Double(counts.scripts))) scripts",
            "\(Amount.whole(Double(counts.connections))) connections", "\(progress.signatures) ways of answering",
            "\(counts.suspects) suspects, \(counts.refuted) refuted",
        ]
    }
}
