import SystemCalls

extension CheckSchedule {
    /// What the run must do.
    enum Step: Hashable {
        /// A row's turn begins: have a process for it, and read that.
        case begin(row: Int, phase: CheckResult.Sample.Phase)
        /// Make so many connections of a row, or as many as the target can take, and read the target.
        case drive(row: Int, connections: Int, phase: CheckResult.Sample.Phase)
        /// Do nothing before this moment: a drive after a pause must not be faster than the one before.
        case hold(until: MonotonicTime)
        /// Look at resting rows for a moment.
        case watch(rows: [Int])
        /// Read a row at the end of its pause.
        case readTrough(row: Int)
        /// Nothing more is to be learned of a row, whose process may end.
        case finish(row: Int)
        /// The check is over.
        case done
    }
}
