import LeakStatistics

/// Reads the lives of a fleet's pods from a store, part by part.
struct FleetReader {
    let plan: FleetPlan
    let source: any MetricSource
    let connections: String
    let open: String?
    let hasStarts: Bool

    private(set) var notes: Set<FleetNote> = []
    /// How far it came; nil where it came to the end.
    private(set) var interruption: FleetInterruption?

    init(_ plan: FleetPlan, _ source: any MetricSource, connections: String, open: String?, hasStarts: Bool) {
        self.plan = plan
        self.source = source
        self.connections = connections
        self.open = open
        self.hasStarts = hasStarts
    }

    /// The tracks of all pods, by gauge; each part of the time is in memory alone.
    ///
    /// Where it is cancelled, or the store no longer answers, it has what was read until then.
    mutating func read(
        _ gauges: [FleetGauge], series: Int, progress: (Double) throws -> Void
    ) throws -> [[PodTrack]] {
        var tracks = gauges.map { _ in Tracks() }
        let parts = plan.parts(series: series)
        for (number, part) in parts.enumerated() {
            var count = 0
            do {
                try read(part, gauges, into: &tracks) {
                    count += 1
                    try progress((Double(number) + Double(count) / Double(gauges.count)) / Double(parts.count))
                }
            } catch {
                guard let cause = FleetInterruption.Cause(error) else { throw error }
                // Within the first part some gauges have been read to its end, the others not at all.
                interruption = FleetInterruption(
                    cause, readUntil: number == 0 ? part.upperBound : part.lowerBound,
                    unread: number == 0 ? gauges[count...].map(\.metric) : [])
                break
            }
        }
        for (gauge, tracks) in zip(gauges, tracks) where tracks.unmatched > 0 {
            notes.insert(.unmatched(metric: gauge.metric, series: tracks.unmatched))
        }
        let gaps = tracks.first?.gaps ?? []
        if let longest = gaps.max() { notes.insert(.gaps(pods: gaps.count, longestSeconds: longest)) }
        return tracks.map(\.tracks)
    }

    private mutating func read(
        _ part: Range<Double>, _ gauges: [FleetGauge], into tracks: inout [Tracks], whenRead: () throws -> Void
    ) throws {
        func query(_ metric: String) -> String { FleetGauge.query(metric, plan.selector) }
        let counters = Lookup(connections, try answer(query(connections), part), part, plan)
        let opened = try open.map { Lookup($0, try answer(query($0), part), part, plan) }
        let start = FleetGauge.starts[0]
        let starts = hasStarts ? Lookup(start, try answer(query(start), part), part, plan) : nil
        for (index, gauge) in gauges.enumerated() {
            let answer = try answer(gauge.query(plan.selector, step: plan.step), part)
            try tracks[index].add(answer, gauge, plan, counters, opened, starts)
            try whenRead()
        }
    }

    private mutating func answer(_ query: String, _ part: Range<Double>) throws -> [MetricSeries] {
        let answer = try source.series(of: query, in: part, step: plan.step)
        for warning in answer.warnings { notes.insert(.partial(warning)) }
        return answer.series
    }
}

/// The series of one metric in one part of the time, to be found by the labels that they have in common with another's.
private struct Lookup {
    let metric: String
    private let series: [MetricSeries]
    private let plan: FleetPlan
    let start: Double
    /// Names of labels that its series have.
    private let names: Set<String>
    private var keys: [[String]: [Int]] = [:]
    private var common: [String] = []

    /// Labels that distinguish pods.
    private static let distinguishing: Set<String> = [
        "instance", "pod", "pod_name", "kubernetes_pod_name", "host", "hostname",
    ]
    /// Two series of one pod may overlap by so many seconds: Prometheus shows the last reading of one that has ended for
    /// five minutes.
    private static let tolerance = 600.0

    init(_ metric: String, _ series: [MetricSeries], _ part: Range<Double>, _ plan: FleetPlan) {
        self.metric = metric
        self.series = series
        self.plan = plan
        start = part.lowerBound
        names = series.reduce(into: []) { $0.formUnion($1.labels.keys) }
    }

    /// Prepares to be found by what has labels with these names; throws `FleetFailure`.
    mutating func join(_ gauge: String, _ labels: Set<String>) throws {
        common = names.intersection(labels).sorted()
        guard series.isEmpty || common.contains(where: Self.distinguishing.contains) || series.count == 1 else {
            throw FleetFailure.unrelated(metric: metric, gauge: gauge, labels: common)
        }
        keys = [:]
        for (index, one) in series.enumerated() {
            let key = common.map { one.labels[$0] ?? "" }
            for other in keys[key] ?? [] { try requireApart(series[other], one) }
            keys[key, default: []].append(index)
        }
    }

    private func requireApart(_ left: MetricSeries, _ right: MetricSeries) throws {
        let times = Set(left.points.map(\.time))
        let overlap = Double(right.points.count { times.contains($0.time) }) * plan.step
        guard overlap > Self.tolerance + plan.step else { return }
        let label = Set(left.labels.keys).union(right.labels.keys).sorted().first {
            left.labels[$0] != right.labels[$0]
        }
        let pod = ["pod", "instance"].lazy.compactMap { left.labels[$0] }.first ?? ""
        throw FleetFailure.split(metric: metric, label: label ?? "", pod: pod)
    }

    /// The values for a series with these labels, one for each step of the part, NaN where there is none; nil where no
    /// series fits.
    func values(for labels: [String: String], count: Int) -> [Double]? {
        guard let found = keys[common.map { labels[$0] ?? "" }], !found.isEmpty else { return nil }
        var values = Array(repeating: Double.nan, count: count)
        for index in found {
            for point in series[index].points {
                let place = Int(((point.time - start) / plan.step).rounded())
                if values.indices.contains(place) { values[place] = point.value }
            }
        }
        return values
    }
}

/// The tracks of one gauge.
private struct Tracks {
    private var indices: [[String: String]: Int] = [:]
    private var lastTimes: [Double] = []
    private var longestGaps: [Double] = []
    private(set) var tracks: [PodTrack] = []
    private(set) var unmatched = 0
    private var share: Double?

    /// Seconds without a reading, by pod, for pods where they were longer than is usual.
    var gaps: [Double] { longestGaps.filter { $0 > 0 } }

    mutating func add(
        _ series: [MetricSeries], _ gauge: FleetGauge, _ plan: FleetPlan, _ counters: Lookup, _ opened: Lookup?,
        _ starts: Lookup?
    ) throws {
        let names = series.reduce(into: Set<String>()) { $0.formUnion($1.labels.keys) }
        var (counters, opened, starts) = (counters, opened, starts)
        try counters.join(gauge.metric, names)
        try opened?.join(gauge.metric, names)
        try starts?.join(gauge.metric, names)
        let share =
            try self.share
            ?? {
                // What an open connection holds is learned from the first part, and holds for all.
                var sums = ChangeSums()
                for one in series {
                    var track = PodTrack(labels: one.labels)
                    try Self.feed(one, into: &track, plan, counters, opened, starts, share: 0)
                    sums = sums + track.changes
                }
                return sums.share
            }()
        self.share = share
        for one in series where !one.points.isEmpty {
            let index = indices[one.labels] ?? tracks.count
            if index == tracks.count {
                indices[one.labels] = index
                tracks.append(PodTrack(labels: one.labels))
                lastTimes.append(one.points[0].time)
                longestGaps.append(0)
            }
            for point in one.points {
                let gap = point.time - lastTimes[index]
                if gap > max(3 * plan.step, 900) { longestGaps[index] = max(longestGaps[index], gap) }
                lastTimes[index] = point.time
            }
            if try !Self.feed(one, into: &tracks[index], plan, counters, opened, starts, share: share) {
                unmatched += 1
            }
        }
    }

    /// Whether there was a counter of connections beside it.
    @discardableResult
    private static func feed(
        _ series: MetricSeries, into track: inout PodTrack, _ plan: FleetPlan, _ counters: Lookup, _ opened: Lookup?,
        _ starts: Lookup?, share: Double
    ) throws -> Bool {
        guard let last = series.points.last else { return true }
        let begin = counters.start
        let count = Int(((last.time - begin) / plan.step).rounded()) + 1
        guard let accepted = counters.values(for: series.labels, count: count) else { return false }
        let open = opened?.values(for: series.labels, count: count)
        let started = starts?.values(for: series.labels, count: count)
        for point in series.points {
            let place = Int(((point.time - begin) / plan.step).rounded())
            guard accepted.indices.contains(place), !accepted[place].isNaN, !point.value.isNaN else { continue }
            track.add(
                .init(
                    time: point.time, level: point.value, accepted: accepted[place], open: open?[place] ?? .nan,
                    started: started?[place] ?? .nan), in: plan, share: share)
        }
        return true
    }
}
