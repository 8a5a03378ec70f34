public import LeakCheck

/// What is going on, as one line that is written over itself.
public struct ProgressLine {
    /// Erases the line.
    public static let erasure = "\r\u{1B}[K"

    /// The line for a terminal `columns` wide, with the erasure of the one before.
    public static func render(_ progress: LeakCheck.Progress, budgetSeconds: Double, columns: Int) -> String {
        let phase =
            switch progress.phase {
            case .measure: "driving"
            case .pause: "resting"
            case .confirm: "driving again"
            }
        let text =
            "\(phase) \(progress.lifecycle)  \(progress.connections) connections  "
            + "\(Amount.bytes(Double(progress.privateMemory))) private  "
            + "\(Int(progress.seconds)) of \(Int(budgetSeconds)) s  \(progress.decided) of \(progress.rows) decided"
        return erasure + String(text.prefix(max(10, columns - 1)))
    }
}
