/// Something that must not be, recorded when it happened.
public struct LeakViolation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What is wrong.
    public var kind: Kind
    /// How bad it is.
    public var severity: Severity
    /// Which operation or snapshot shows it, and by how much, for people.
    public var detail: String
    /// Seconds since the tracker began.
    public var elapsedSeconds: Double

    /// The kinds of violation.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// An operation took longer than its limit.
        case limitExceeded
        /// More managers remain than allowed.
        case managersRemain
        /// Memory has grown beyond the environment's threshold.
        case memoryGrowth
        /// Memory exceeded the threshold between two snapshots, and fell back.
        case memoryPeak
        /// Descriptors or threads grow with the operations.
        case resourceGrowth
    }

    /// How bad a violation is.
    public enum Severity: String, Hashable, Sendable, Codable, CaseIterable {
        /// Something is lost for good.
        case critical
        /// A limit is exceeded twice over.
        case high
        /// A limit is exceeded.
        case medium
    }

    /// In a line.
    public var description: String { "\(severity.rawValue) \(kind.rawValue): \(detail)" }
}
