package import LeakStatistics
package import Lifecycles
package import Remedies

/// What was read of a target in a trial.
package struct TrialResult: Sendable {
    /// The levels after the last round that is not judged, and after each of the others, by resource.
    package var levels: [[Resource: Double]] = []
    /// The levels after a rest that follows the last round; nil where there was none.
    package var rested: [Resource: Double]?
    /// How the target failed; nil where it did not.
    package var failure: Failure?
    /// What broke RFC 6455, with the index of the script that it answered.
    package var violations: [(script: Int, violation: ProtocolViolation)] = []
    /// Connections that were made in all.
    package var connections = 0

    /// How a target failed.
    package enum Failure: Hashable, Sendable {
        /// Its process ended; how, with its last output, in words.
        case ended(Problem)
        /// It no longer accepts or answers.
        case stalled
        /// It uses so much of a processor while nobody asks it for anything, 1 being all of one.
        case spinning(Double)

        /// The symptom that it is.
        package var symptom: Symptom {
            switch self {
            case .ended: .ended
            case .stalled: .stalled
            case .spinning: .spinning
            }
        }
    }

    /// Nothing read.
    package init() {}
}
