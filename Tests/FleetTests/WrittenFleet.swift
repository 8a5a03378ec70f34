import Fleet

/// A fleet whose series a test writes by hand, hour by hour, or that answers with an error.
struct WrittenFleet: MetricSource {
    var metrics: [String: [MetricSeries]] = [:]
    var warnings: [String] = []

    static let time = 0.0..<(7 * 86_400.0)

    /// Pods with these shares of the connections; `level` is what each holds, by hours, connections accepted and open.
    init(
        shares: [Double], labels: (Int) -> [String: String] = { ["job": "chat", "pod": "chat-\($0)"] },
        hasQuietTimes: Bool = true, level: (_ hours: Double, _ accepted: Double, _ open: Double) -> Double
    ) {
        for (index, share) in shares.enumerated() {
            var points: [String: [MetricSeries.Point]] = [:]
            var accepted = 0.0
            var time = Self.time.lowerBound
            while time < Self.time.upperBound {
                let hour = (time / 3600).truncatingRemainder(dividingBy: 24)
                let rate = share * (hasQuietTimes && hour < 8 ? 20 : 100)
                accepted += (rate / 12).rounded()
                let open = (rate / 4).rounded()
                for (metric, value) in [
                    ("process_open_fds", 40 + open + level(time / 3600, accepted, open).rounded()),
                    ("websocket_connections", open), ("websocket_connections_accepted_total", accepted),
                ] { points[metric, default: []].append(.init(time: time, value: value)) }
                time += 300
            }
            for (metric, points) in points {
                metrics[metric, default: []].append(MetricSeries(labels: labels(index), points: points))
            }
        }
    }

    func names(matching selector: String, in time: Range<Double>) throws -> Set<String> { Set(metrics.keys) }

    func series(of query: String, in time: Range<Double>, step: Double) throws -> MetricAnswer {
        if query.hasPrefix("count(") {
            let count = Double(metrics.values.map(\.count).max() ?? 0)
            return MetricAnswer([MetricSeries(labels: [:], points: [.init(time: time.lowerBound, value: count)])])
        }
        let plain = query.hasPrefix("min_over_time(") ? query.dropFirst(14).prefix { $0 != "[" } : query[...]
        let found = metrics[String(plain.prefix { $0 != "{" })] ?? []
        return MetricAnswer(
            found.map { series in
                MetricSeries(labels: series.labels, points: series.points.filter { time.contains($0.time) })
            }, warnings: warnings)
    }
}
