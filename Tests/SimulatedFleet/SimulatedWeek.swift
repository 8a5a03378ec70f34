package import Fleet
import LeakStatistics

/// A week of a fleet that never was, drawn from a seed: what its pods served, held and, where told to, leaked.
///
/// Without a leak it has all that looks like one: restarts, deployments, day and night, growing clients, caches, uneven
/// pods, gaps, counters that begin anew, warming up, and memory that allocators and collectors keep for later.
package struct SimulatedWeek {
    /// What each connection leaves behind.
    package struct Leak: Sendable {
        /// Descriptors.
        package var descriptors = 0.0
        /// Bytes of live heap.
        package var liveHeap = 0.0
        /// Bytes of private memory.
        package var privateMemory = 0.0

        /// A leak; none unless amounts are given.
        package init(descriptors: Double = 0, liveHeap: Double = 0, privateMemory: Double = 0) {
            self.descriptors = descriptors
            self.liveHeap = liveHeap
            self.privateMemory = privateMemory
        }
    }

    /// Five minutes.
    package static let step = 300.0
    /// A moment of 2025, so that a week is the same on every day.
    package static let start = 1_750_000_200.0
    /// The time of it.
    package let time: Range<Double>
    /// Its series by metric.
    package private(set) var metrics: [String: [MetricSeries]] = [:]
    /// Connections of all pods.
    package private(set) var connections = 0.0

    private var dice: SeededGenerator

    /// A week, or so many days, with the leak; only pods whose version is `leaking` have it where versions are told.
    package init(seed: UInt64, days: Double = 7, pods: Int? = nil, leak: Leak = Leak()) {
        dice = SeededGenerator(seed: seed)
        time = Self.start..<(Self.start + days * 86_400)
        let count = pods ?? Int.random(in: 6...16, using: &dice)
        let facts = Facts(&dice, pods: count, days: days)
        for pod in 0..<count { run(pod, facts, leak) }
    }

    private mutating func uniform(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &dice) }

    /// What is the same for all pods.
    private struct Facts {
        var perHour: Double
        var depth: Double
        var growth: Double
        var stayHours: Double
        var deployments: [Double]
        var keepsNames: Bool
        var outage: Range<Double>
        var cacheShare: Double
        var cacheBytes: Double
        var cacheDescriptors: Double
        var recentBytes: Double
        var warmHours: Double
        var warmBytes: Double
        var toothBytes: Double
        var openBytes: Double
        var logBytesPerHour: Double
        var isNode: Bool

        init(_ dice: inout SeededGenerator, pods: Int, days: Double) {
            func uniform(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &dice) }
            // From a hundred thousand to some millions in the week.
            let total = 120_000 * days / 7 * exponential(uniform(0...3))
            perHour = total / Double(pods) / (days * 24)
            depth = uniform(0.5...0.95)
            growth = uniform(-0.02...0.05)
            stayHours = uniform(0.05...2)
            deployments = (0..<Int.random(in: 0...3, using: &dice)).map { _ in uniform(0.05...0.95) * days * 24 }
                .sorted()
            keepsNames = Bool.random(using: &dice)
            let begin = uniform(0...1) * days * 24
            outage = begin..<(begin + uniform(0.5...4))
            cacheShare = uniform(0.005...0.05)
            cacheBytes = uniform(0...20e6)
            cacheDescriptors = uniform(0...60)
            recentBytes = uniform(0...20e3)
            warmHours = uniform(0.2...5)
            warmBytes = uniform(1e6...30e6)
            toothBytes = uniform(1e6...16e6)
            openBytes = uniform(2e3...40e3)
            logBytesPerHour = Bool.random(using: &dice) ? uniform(0...20e3) : 0
            isNode = Bool.random(using: &dice)
        }
    }

    private mutating func run(_ pod: Int, _ facts: Facts, _ leak: Leak) {
        let share = uniform(0.4...2)
        var restarts = facts.deployments.map { (hour: $0 + uniform(0...0.5), isDeployment: true) }
        if uniform(0...1) < 0.3 {
            restarts.append((uniform(0...1) * (time.upperBound - time.lowerBound) / 3600, false))
        }
        restarts.sort { $0.hour < $1.hour }
        var version = 0
        var process = Process(self, bornHours: -uniform(1...100))
        var name = "chat-\(pod)"
        var lines: [String: [MetricSeries.Point]] = [:]
        // It had served before the week began.
        var accepted = (facts.perHour * share * 30).rounded()
        var seen = 0.0
        var tooth = uniform(0...1)
        let period = uniform(0.1...2)
        for index in 0..<Int((time.upperBound - time.lowerBound) / Self.step) {
            let now = time.lowerBound + Double(index) * Self.step
            let hours = Double(index) * Self.step / 3600
            while let restart = restarts.first, restart.hour <= hours {
                restarts.removeFirst()
                if restart.isDeployment {
                    flush(&lines, name, version)
                    version += 1
                    if !facts.keepsNames { name = "chat-\(version)-\(pod)" }
                }
                process = Process(self, bornHours: hours)
                accepted = 0
                seen = 0
                process.cold = true
            }
            let day = 1 - facts.depth * (0.5 + 0.5 * cosine(hours / 24))
            let rate = max(0, facts.perHour * share * day / (1 - facts.depth / 2) * (1 + facts.growth * hours / 24))
            let new = (rate * Self.step / 3600 * uniform(0.7...1.3)).rounded()
            let open = max(0, (rate * facts.stayHours * uniform(0.9...1.1)).rounded())
            accepted += new
            seen += new
            connections += new
            process.most = max(process.most, open)
            tooth += Self.step / 3600 / period
            let isMissing = facts.outage.contains(hours) || uniform(0...1) < 0.005
            // The floor of the step, as the lowest of its scrapes shows it: after a collection little garbage is there.
            let garbage = tooth >= 1 ? uniform(0...0.02) : tooth - Self.step / 3600 / period
            if tooth >= 1 { tooth -= tooth.rounded(.down) }
            guard !isMissing else { continue }
            let life = facts.perHour * 168 * facts.cacheShare
            let cache = 1 - exponential(-(accepted + (process.cold ? 0 : life * 5)) / life)
            let age = hours - process.bornHours
            let warm = facts.warmBytes * (1 - exponential(-age / facts.warmHours))
            let descriptors =
                42 + open + (facts.cacheDescriptors * cache).rounded() + (uniform(0...4)).rounded()
                + (leak.descriptors * seen).rounded()
            let live =
                30e6 + warm + facts.openBytes * open + facts.cacheBytes * cache + facts.recentBytes * rate * 0.2
                + uniform(0...60e3) + leak.liveHeap * seen
            let heap = live + facts.toothBytes * max(0, garbage)
            let kept =
                60e6 + warm + facts.cacheBytes * cache + facts.openBytes * process.most
                + (uniform(0...1) * 40).rounded() * 4096 + process.arenas(uniform(0...1), age)
                + leak.privateMemory * seen + leak.liveHeap * seen
                + min(facts.logBytesPerHour * age, 2e6)
            func add(_ metric: String, _ value: Double) {
                lines[metric, default: []].append(.init(time: now, value: value))
            }
            add("process_open_fds", descriptors)
            if facts.isNode {
                add("nodejs_heap_size_used_bytes", heap.rounded())
                add("process_resident_memory_bytes", (kept + facts.toothBytes).rounded())
            } else {
                add("process_heap_bytes", live.rounded())
                add("process_private_memory_bytes", kept.rounded())
            }
            add("websocket_connections", open)
            add("websocket_connections_accepted_total", accepted)
            add("process_start_time_seconds", time.lowerBound + process.bornHours * 3600)
            add("process_max_fds", 65_536)
        }
        flush(&lines, name, version)
    }

    private mutating func flush(_ lines: inout [String: [MetricSeries.Point]], _ name: String, _ version: Int) {
        let labels = ["job": "chat", "pod": name, "instance": "\(name):9464", "version": "1.\(version)"]
        for (metric, points) in lines {
            metrics[metric, default: []].append(MetricSeries(labels: labels, points: points))
        }
        lines = [:]
    }

    /// One process of a pod.
    private struct Process {
        var bornHours: Double
        var most = 0.0
        var cold = false
        private var steps = 0.0

        init(_ week: SimulatedWeek, bornHours: Double) {
            self.bornHours = bornHours
        }

        /// Arenas that an allocator takes and keeps, ever more seldom.
        mutating func arenas(_ chance: Double, _ age: Double) -> Double {
            if chance < 0.02 / (1 + age / 2) { steps += 1_048_576 }
            return steps
        }
    }
}

extension SimulatedWeek: MetricSource {
    package func names(matching selector: String, in time: Range<Double>) -> Set<String> { Set(metrics.keys) }

    package func series(of query: String, in time: Range<Double>, step: Double) -> MetricAnswer {
        if query.hasPrefix("count(") {
            let count = Double(metrics["process_open_fds"]?.count ?? 0)
            return MetricAnswer([MetricSeries(labels: [:], points: [.init(time: time.lowerBound, value: count)])])
        }
        // The readings of memory are the lowest of their steps as they are.
        let plain = query.hasPrefix("min_over_time(") ? query.dropFirst(14).prefix { $0 != "[" } : query[...]
        let found = metrics[String(plain.prefix { $0 != "{" })] ?? []
        return MetricAnswer(
            found.compactMap { series in
                let points = series.points.filter { time.contains($0.time) }
                return points.isEmpty ? nil : MetricSeries(labels: series.labels, points: points)
            })
    }
}
