package import LeakStatistics

/// A gauge of one resource of each pod.
package struct FleetGauge: Hashable, Sendable {
    /// What it is a gauge of.
    package var resource: Resource
    /// The metric.
    package var metric: String
    /// Matchers beside those of the plan.
    var matchers = ""
    /// Labels over which its series are summed.
    var summed: [String] = []
    /// The metric of its limit.
    var limits: [String] = []
    /// Whether the runtime behind it collects garbage when it likes, so that memory of the process may grow without a leak.
    var isCollected = false

    /// Found under these names, the first of each resource that is there.
    static let known: [FleetGauge] = [
        FleetGauge(
            resource: .descriptors, metric: "process_open_fds", limits: ["process_max_fds"]),
        FleetGauge(
            resource: .descriptors, metric: "process_files_open_files", limits: ["process_files_max_files"]),
        FleetGauge(
            resource: .descriptors, metric: "watertight_watch_open_fds", limits: ["watertight_watch_max_fds"]),
        FleetGauge(resource: .threads, metric: "process_threads"),
        FleetGauge(resource: .threads, metric: "jvm_threads_live_threads", isCollected: true),
        FleetGauge(resource: .threads, metric: "jvm_threads_current", isCollected: true),
        FleetGauge(resource: .threads, metric: "watertight_watch_threads"),
        FleetGauge(resource: .goroutines, metric: "go_goroutines", isCollected: true),
        FleetGauge(resource: .goroutines, metric: "watertight_watch_goroutines", isCollected: true),
        FleetGauge(resource: .liveHeap, metric: "nodejs_heap_size_used_bytes", isCollected: true),
        FleetGauge(
            resource: .liveHeap, metric: "jvm_memory_used_bytes", matchers: "area=\"heap\"", summed: ["area", "id"],
            isCollected: true),
        FleetGauge(
            resource: .liveHeap, metric: "jvm_memory_bytes_used", matchers: "area=\"heap\"", summed: ["area"],
            isCollected: true),
        FleetGauge(resource: .liveHeap, metric: "go_memstats_heap_alloc_bytes", isCollected: true),
        FleetGauge(resource: .liveHeap, metric: "process_heap_bytes"),
        // Of which runtime is not told; most of those that are read so collect.
        FleetGauge(resource: .liveHeap, metric: "watertight_watch_live_heap_bytes", isCollected: true),
        FleetGauge(resource: .privateMemory, metric: "process_private_memory_bytes"),
        FleetGauge(resource: .privateMemory, metric: "watertight_watch_private_memory_bytes"),
        FleetGauge(resource: .residentMemory, metric: "process_resident_memory_bytes"),
        FleetGauge(resource: .residentMemory, metric: "watertight_watch_resident_memory_bytes"),
    ]

    /// Counters of connections that are known.
    static let connections = [
        "watertight_connections_accepted_total", "websocket_connections_accepted_total", "websocket_accepted_total",
    ]
    /// Gauges of open connections that are known.
    static let open = ["watertight_connections", "websocket_connections"]
    /// When a process started.
    static let starts = ["process_start_time_seconds"]

    /// The gauges that are among `names`: one for each resource, resident memory only where nothing tells more.
    static func found(among names: Set<String>) -> [FleetGauge] {
        var found: [FleetGauge] = []
        for gauge in known where names.contains(gauge.metric) {
            guard !found.contains(where: { $0.resource == gauge.resource }) else { continue }
            if gauge.resource == .residentMemory, found.contains(where: { $0.resource.isMemory }) { continue }
            found.append(gauge)
        }
        return found
    }

    /// The query for it with the plan's matchers, at each `step` seconds.
    ///
    /// Of memory the store gives the lowest reading of each step, which is nearest to what a collection leaves. Counts are
    /// read beside open connections at the same moment. Sums would need a query within the query, which costs much.
    func query(_ selector: String, step: Double) -> String {
        let plain = Self.query(metric, selector, matchers)
        guard summed.isEmpty else { return "sum without (\(summed.joined(separator: ", "))) (\(plain))" }
        return resource.isMemory ? "min_over_time(\(plain)[\(Int(step))s])" : plain
    }

    /// The query for `metric`, which may have matchers of its own in braces, with further ones.
    static func query(_ metric: String, _ selector: String, _ more: String = "") -> String {
        let name = metric.prefix { $0 != "{" }
        let own = metric.dropFirst(name.count).dropFirst().dropLast()
        let matchers = [String(own), selector, more].filter { !$0.isEmpty }
        return matchers.isEmpty ? String(name) : "\(name){\(matchers.joined(separator: ","))}"
    }
}
