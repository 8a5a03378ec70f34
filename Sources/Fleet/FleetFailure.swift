/// Why a fleet cannot be judged at all.
package enum FleetFailure: Error, Hashable, Sendable {
    /// The store cannot be reached, or did not answer in time, after so many attempts.
    case unreachable(problem: String, attempts: Int)
    /// The store refused a query, with its status and its words.
    case refused(status: Int, problem: String)
    /// The store refuses whoever asks: 401 or 403.
    case unauthorised(status: Int)
    /// What came is no answer of Prometheus, or breaks off.
    case malformed(problem: String)
    /// No series has these matchers.
    case nothingSelected(selector: String)
    /// There is no such metric among the selected ones.
    case noMetric(name: String, like: [String])
    /// No counter of connections is known among the selected metrics.
    case noConnections
    /// No gauge of a resource is known among the selected metrics.
    case noGauge
    /// A label makes several series of what should be one for each pod.
    case split(metric: String, label: String, pod: String)
    /// The series of two metrics have no label that tells pods apart in common.
    case unrelated(metric: String, gauge: String, labels: [String])
    /// No selected series has the label by which to group; these labels there are.
    case noLabel(name: String, labels: [String])
    /// No pod, or every pod, is the baseline.
    case baseline(isAll: Bool)
    /// The store's clock is off by so many seconds.
    case clocksApart(seconds: Double)
    /// There is no reading in the time that was asked for.
    case noReadings
}
