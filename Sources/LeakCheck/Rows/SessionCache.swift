import LeakStatistics
import Lifecycles

/// How a server's cache of TLS sessions is told from a leak.
///
/// A TLS 1.2 connection without a ticket leaves a session behind, for its peer to resume (RFC 5246, section 7.3). OpenSSL and
/// the JDK keep 20,480 of them: memory grows evenly up to there, and no further.
enum SessionCache {
    /// How many sessions such a cache holds.
    static let entries = 20_480
    /// How many connections more are made before anything is said of what grows.
    private static let reserve = 600

    /// The row without the connections that fill the cache; nil where too few were made beside those, and the row itself
    /// where its connections leave no session.
    static func judged(_ row: RowMeasurement) -> RowMeasurement? {
        guard row.lifecycle.fillsSessionCache else { return row }
        guard row.completed >= entries + reserve + RowJudge.leastConnections else { return nil }
        var beyond = row
        beyond.samples.removeAll { $0.connections < entries + reserve }
        return beyond
    }

    /// Takes back what cannot be said of a row that did not fill the cache; counts have nothing to do with it.
    static func doubt(_ judgments: inout [Resource: RowJudge.Judgment], _ row: RowMeasurement) {
        for (resource, judgment) in judgments where resource != .descriptors && resource != .threads {
            if case .clean = judgment.assessment { continue }
            if case .undecided(let reason) = judgment.assessment, !reason.isSuspicion, reason != .slowing { continue }
            judgments[resource]?.assessment = .undecided(.sessionCache(connections: row.completed, entries: entries))
        }
    }
}
