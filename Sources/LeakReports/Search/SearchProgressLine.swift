package import Search

/// The progress of a search, as one line that overwrites itself.
package enum SearchProgressLine {
    /// The line for a terminal `columns` wide, with the erasure of the one before.
    package static func render(_ progress: SearchProgress, budgetSeconds: Double, columns: Int) -> String {
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
        // In this order they are left out where the terminal is narrow.
        let parts = [
            "\(progress.findings) found", "\(Int(near: left.rounded(.up))) of \(Int(near: budgetSeconds)) s left",
            doing,
            "\(Amount.whole(Double(counts.scripts))) scripts",
            "\(Amount.whole(Double(counts.connections))) connections", "\(progress.signatures) ways of answering",
            "\(counts.suspects) suspects, \(counts.refuted) refuted",
        ]
        return ProgressLine.fitted(parts, columns: columns)
    }
}
