package import LeakCheck
import LeakStatistics
import ProcessResources

/// The last sample of a watch as a page of metrics.
package struct WatchMetrics {
    /// The page; of what was not read at the last sample, such as the states of sockets, it has the last that was.
    package static func page(_ progress: Watch.Progress, _ format: OpenMetricsText.Format) -> String {
        var page = OpenMetricsText(format)
        page.gauge("watertight_watch_processes", "Processes that were read.", Double(progress.processes))
        var families = Families()
        for track in progress.state.tracks { families.add(track, to: &page) }
        if let limit = progress.header.descriptorLimit {
            page.gauge(
                "watertight_watch_max_fds",
                "Descriptors that a process may have, the smallest where there are several.",
                Double(limit))
        }
        page.gauges("watertight_watch_probed", "Gauges of the target's own, by name.", families.probed)
        if let seconds = progress.heapReadingSeconds {
            page.gauge(
                "watertight_watch_heap_reading_seconds", unit: "seconds",
                "What the last readings of the heap and of gauges of the target's own took together; the more "
                    + "they take, the rarer they are.", seconds)
        }
        page.gauges("watertight_watch_fds_by_kind", "Open descriptors, by what they stand for.", families.descriptors)
        page.gauges("watertight_watch_tcp_sockets", "Descriptors of TCP sockets, by state.", families.sockets)
        let oldest = progress.oldestSockets.map { (state: $0.key.name, seconds: $0.value) }
        page.gauges(
            "watertight_watch_tcp_oldest_seconds", unit: "seconds",
            "For how long the socket that has been in a state longest has been in it, as far as it was watched.",
            oldest.sorted { $0.state < $1.state }.map { (labels: [("state", $0.state)], value: $0.seconds) })
        return page.finished
    }

    /// Gauges that are one metric with a label.
    private struct Families {
        typealias Values = [(labels: [(String, String)], value: Double)]
        var descriptors: Values = []
        var sockets: Values = []
        var probed: Values = []

        /// Takes a gauge that is one of several, and puts one that is a metric of its own on the page.
        mutating func add(_ track: WatchState.Track, to page: inout OpenMetricsText) {
            switch track.gauge {
            case .resource(.descriptors): page.gauge("watertight_watch_open_fds", "Open descriptors.", track.now)
            case .resource(.threads): page.gauge("watertight_watch_threads", "Threads.", track.now)
            case .resource(.privateMemory):
                page.gauge(
                    "watertight_watch_private_memory_bytes", unit: "bytes",
                    "Memory that the processes alone have written to, swap included.", track.now)
            case .residentMemory:
                page.gauge(
                    "watertight_watch_resident_memory_bytes", unit: "bytes", "Memory in RAM, shared pages included.",
                    track.now)
            case .resource(.liveHeap):
                page.gauge(
                    "watertight_watch_live_heap_bytes", unit: "bytes",
                    "Bytes in use on the heap, after a collection where the target has a collector.", track.now)
            case .resource(.goroutines): page.gauge("watertight_watch_goroutines", "Goroutines.", track.now)
            case .resource(let other): probed.append(([("gauge", other.rawValue)], track.now))
            case .descriptorKind(let kind): descriptors.append(([("kind", kind)], track.now))
            case .tcpState(let state): sockets.append(([("state", state)], track.now))
            }
        }
    }
}
