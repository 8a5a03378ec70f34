import ArgumentParser
import Fleet

extension FleetFailure {
    /// What went wrong and what to do, in one line.
    var words: String {
        switch self {
        case .nothingSelected(let selector):
            "no series \(selector.isEmpty ? "is there" : "matches {\(selector)}") in this time: correct --select, or look "
                + "further back with --since"
        case .noMetric(let name, let like):
            "there is no metric \(name) among what is selected"
                + (like.isEmpty ? "" : "; there are \(like.joined(separator: ", "))")
        case .noConnections:
            "no counter of connections is known among what is selected: name it with --connections METRIC"
        case .noGauge:
            "no gauge of a resource is known among what is selected: process_open_fds, nodejs_heap_size_used_bytes, "
                + "jvm_memory_used_bytes, go_memstats_heap_alloc_bytes and the like; do the pods export them, and does "
                + "--select let them in?"
        case .split(let metric, let label, let pod):
            "the label \(label) splits \(metric) into several series for \(pod.isEmpty ? "one pod" : pod): choose one, as in "
                + "'\(metric.prefix { $0 != "{" }){\(label)=\"…\"}', or sum them in a recording rule"
        case .unrelated(let metric, let gauge, let labels):
            "\(metric) and \(gauge) have no label in common that tells pods apart, such as pod or instance"
                + (labels.isEmpty ? "" : "; they share \(labels.joined(separator: ", "))")
        case .noLabel(let name, let labels):
            "no pod has the label \(name) that --by names; they have \(labels.joined(separator: ", "))"
        case .baseline(let isAll):
            isAll
                ? "every pod is the baseline: nothing is left to compare"
                : "no pod matches --baseline: correct it, or look further back"
        case .noReadings: "no pod has a reading of its resources beside its counter of connections in this time"
        }
    }

    /// The exit code for it.
    var code: ExitCode {
        switch self {
        case .noReadings: Code.unreachable
        case .nothingSelected, .noMetric, .noConnections, .noGauge, .split, .unrelated, .noLabel, .baseline: Code.usage
        }
    }
}
