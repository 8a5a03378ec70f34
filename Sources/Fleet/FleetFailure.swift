/// Why a fleet cannot be judged at all, though its store answers.
package enum FleetFailure: Error, Hashable, Sendable {
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
    /// There is no reading in the time that was asked for.
    case noReadings
}
