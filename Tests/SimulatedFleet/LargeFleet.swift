package import Fleet

/// A fleet of any size by formulas: each answer is made when it is asked for, so that the fleet itself takes no memory.
///
/// Pods have unequal shares, days and nights; a connection leaves a hundredth of a descriptor. Each group has ten pods.
package struct LargeFleet: MetricSource {
    /// How many pods it has.
    package let pods: Int
    /// From when on they count connections.
    private let begin: Double
    private static let (perHour, perDescriptor, depth) = (60.0, 0.01, 0.8)

    /// So many pods that have counted since `begin`.
    package init(pods: Int, begin: Double) {
        self.pods = pods
        self.begin = begin
    }

    package func names(matching selector: String, in time: Range<Double>) -> Set<String> {
        ["process_open_fds", "process_max_fds", "websocket_connections", "websocket_connections_accepted_total"]
    }

    package func series(of query: String, in time: Range<Double>, step: Double) -> MetricAnswer {
        if query.hasPrefix("count(") {
            let point = MetricSeries.Point(time: time.lowerBound, value: Double(pods))
            return MetricAnswer([MetricSeries(labels: [:], points: [point])])
        }
        let metric = query.prefix { $0 != "{" }
        return MetricAnswer(
            (0..<pods).map { pod in
                let labels = ["job": "chat", "pod": "chat-\(pod)", "deployment": "deployment-\(pod / 10)"]
                let points = stride(from: time.lowerBound, to: time.upperBound, by: step).map { moment in
                    MetricSeries.Point(time: moment, value: value(of: metric, pod, moment))
                }
                return MetricSeries(labels: labels, points: points)
            })
    }

    private func value(of metric: Substring, _ pod: Int, _ moment: Double) -> Double {
        let hours = (moment - begin) / 3600
        let share = 0.5 + 2 * Double(pod % 10) / 10
        // The integral of the connections an hour, which are fewest at midnight.
        let accepted = (Self.perHour * share * (hours - Self.depth * 24 / (2 * .pi) * sine(hours / 24))).rounded(.down)
        let open = (Self.perHour / 4 * share * (1 - Self.depth * cosine(hours / 24))).rounded()
        return switch metric {
        case "process_open_fds": 40 + open + (accepted * Self.perDescriptor).rounded(.down)
        case "process_max_fds": 65_536
        case "websocket_connections": open
        default: accepted
        }
    }
}
