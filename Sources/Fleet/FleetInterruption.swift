/// How far a fleet was read that was not read to its end, and why.
package struct FleetInterruption: Hashable, Sendable {
    /// Why reading ended.
    package enum Cause: Hashable, Sendable {
        /// Whoever asked wants no more.
        case cancelled
        /// The store no longer answers.
        case lost(StoreFailure)

        /// The reason for which `error` ends reading; nil for one that ends everything.
        init?(_ error: any Error) {
            switch error {
            case is CancellationError: self = .cancelled
            case let failure as StoreFailure: self = .lost(failure)
            default: return nil
            }
        }

        /// What is thrown where nothing was read before.
        var error: any Error {
            switch self {
            case .cancelled: CancellationError()
            case .lost(let failure): failure
            }
        }
    }

    /// Why it ended.
    package var cause: Cause
    /// Up to here every gauge was read that is judged, in seconds since the epoch.
    package var readUntil: Double
    /// Metrics of which nothing was read.
    package var unread: [String]

    /// An end before the end.
    package init(_ cause: Cause, readUntil: Double, unread: [String]) {
        self.cause = cause
        self.readUntil = readUntil
        self.unread = unread
    }
}
