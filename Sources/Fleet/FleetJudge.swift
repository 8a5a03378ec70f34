import LeakStatistics

/// The rules by which the lives of a group of pods become a verdict.
struct FleetJudge {
    /// The lives of one pod.
    struct Pod {
        var name: String
        var lives: [PodLife]
    }

    var gauge: FleetGauge
    var hasOpen: Bool
    /// Whether a runtime that collects when it likes was seen in the fleet.
    var isCollected: Bool
    /// Verdicts that must all hold together.
    var comparisons: Int
    var seed: UInt64
    /// Length of a block in hours.
    var blockHours: Double

    /// What an interval holds with, alone.
    static let confidence = 0.99
    /// A life must have so many blocks, or its floor tells nothing.
    private static let leastBlocks = 8
    /// The shares of pods, connections an hour, must differ by so much of their mean.
    private static let leastSpread = 0.1
    private static let leastGrowingShare = 0.6
    /// Between collections, compilers and caches of the runtime the heap of a healthy process is some hundred kilobytes more
    /// or less after a week: so many bytes over a whole life are not called a leak.
    private static let driftOfCollectedHeap = 1_048_576.0
    private static let leastQuietTimes = 2

    /// The estimates of one group.
    struct Estimates {
        /// All growth put down to connections.
        var whole: DoseResponse?
        /// Growth with connections beside growth with time.
        var apart: DoseResponse?
    }

    var usable: (PodLife) -> Bool { { $0.blocks.count >= Self.leastBlocks && $0.dose > 0 } }

    func terms(hours: Bool) -> DoseResponse.Terms {
        .init(hasHours: hours, hasMostOpen: hasOpen && gauge.resource.isMemory)
    }

    /// The blocks of the second half of a life: the first is warming up.
    func judged(_ life: PodLife) -> ArraySlice<PodLife.Block> {
        let floor = life.floor
        return floor[(floor.count / 2)...]
    }

    /// A part of a life's blocks, as shares of them.
    func part(_ life: PodLife, _ part: Range<Double>) -> ArraySlice<PodLife.Block> {
        let floor = life.floor
        let last = Double(floor.count - 1)
        return floor[Int(part.lowerBound * last)...Int((part.upperBound * last).rounded(.up))]
    }

    /// The pods with what passes taken out of their levels: what is held for connections that are open, or came of late.
    private func settled(_ pods: [Pod]) -> [Pod] {
        let passing = DoseResponse.passing(
            pods.flatMap { $0.lives.filter(usable).map { $0.blocks[($0.blocks.count / 2)...] } })
        var settled = pods
        for pod in settled.indices {
            for life in settled[pod].lives.indices {
                for index in settled[pod].lives[life].blocks.indices {
                    let block = settled[pod].lives[life].blocks[index]
                    settled[pod].lives[life].blocks[index].level -=
                        passing.open * block.open + passing.recent * block.recent
                }
            }
        }
        return settled
    }

    func estimates(_ pods: [Pod]) -> Estimates {
        let blocks = pods.map { $0.lives.filter(usable).map(judged) }
        return Estimates(
            whole: DoseResponse(blocks, terms(hours: false), seed: seed),
            apart: DoseResponse(blocks, terms(hours: true), seed: seed))
    }

    /// How much connections leave in `pods`, to be a baseline; nil where nothing can be said.
    func growth(_ pods: [Pod]) -> DoseResponse? { estimates(settled(pods)).whole }

    /// The verdict on `pods`, beside the growth of a `baseline` where there is one.
    func finding(_ pods: [Pod], group: String?, baseline: DoseResponse?) -> FleetResult.Finding {
        let lives = pods.flatMap(\.lives)
        var finding = FleetResult.Finding(
            group: group, resource: gauge.resource, metric: gauge.metric, pods: pods.count, lives: lives.count,
            connections: lives.reduce(0) { $0 + $1.dose })
        finding.curves = PodCurves(of: settled(pods), leastBlocks: Self.leastBlocks)
        guard let growth = Growth(self, pods, baseline) else {
            finding.verdict = .inconclusive
            finding.reason = pods.count < 3 ? .fewPods(pods.count) : .shortLives
            return finding
        }
        finding.curves.fit = .init(
            perConnection: growth.whole.perConnection, interval: growth.whole.interval(confidence: Self.confidence))
        finding.perConnection = growth.beyond.perConnection
        finding.interval = growth.interval
        finding.smallestDetectable = max(growth.interval.upperBound, 0)
        finding.growingPods = growth.growingPods
        finding.reason = growth.isLarge ? doubt(growth) : doubtOfNone(growth)
        finding.verdict = finding.reason != nil ? .inconclusive : growth.isLarge ? .leak : .clean
        return finding
    }

    /// How much the pods have grown that lived long enough, at least three.
    private struct Growth {
        /// Those pods, without what passes.
        let pods: [Pod]
        /// How many of them have grown.
        let growingPods: Int
        /// All growth put down to connections.
        let whole: DoseResponse
        /// Growth with connections beside growth with time.
        let apart: DoseResponse?
        /// What is beyond the baseline, if there is one, alone and among all verdicts.
        let beyond: Difference
        let hasBaseline: Bool
        /// The 99% interval of what is beyond.
        let interval: ClosedRange<Double>
        /// Growth per connection that healthy servers show, too.
        let effect: Double
        /// Whether it is more than that, whatever else was judged.
        let isLarge: Bool

        init?(_ judge: FleetJudge, _ pods: [Pod], _ baseline: DoseResponse?) {
            self.pods = judge.settled(pods.filter { $0.lives.contains(where: judge.usable) })
            guard pods.count >= 3, self.pods.count >= 3 else { return nil }
            growingPods = self.pods.count { judge.grows($0) }
            let estimates = judge.estimates(self.pods)
            guard let whole = estimates.whole else { return nil }
            self.whole = whole
            apart = estimates.apart
            hasBaseline = baseline != nil
            beyond = Difference(whole, baseline)
            interval = beyond.interval(confidence, among: 1)
            let doses = self.pods.flatMap(\.lives).filter(judge.usable).map(\.dose)
            effect = judge.effect(over: doses.reduce(0, +) / Double(doses.count))
            isLarge = beyond.interval(confidence, among: judge.comparisons).lowerBound > effect
        }
    }

    /// Growth per connection that healthy servers show over a life of so many.
    private func effect(over connections: Double) -> Double {
        let effect = gauge.resource.scale.effect(over: connections)
        guard gauge.resource == .liveHeap && gauge.isCollected else { return effect }
        return max(effect, Self.driftOfCollectedHeap / connections)
    }

    /// Why growth that is none, or none to speak of, does not make the group clean; nil where it does.
    private func doubtOfNone(_ growth: Growth) -> FleetReason? {
        let required = gauge.resource.scale.required
        if growth.interval.upperBound <= required { return nil }
        // What is put down to connections may be time's.
        if let apart = growth.apart, !growth.hasBaseline,
            apart.interval(confidence: Self.confidence).upperBound <= required,
            growth.whole.perConnection > growth.effect
        {
            return .growsWithTime(perHour: hourly(growth.pods, growth.whole))
        }
        return .wide
    }

    /// Why growth is no leak for certain; nil where it is one.
    private func doubt(_ growth: Growth) -> FleetReason? {
        if !hasOpen { return .noOpen }
        if gauge.resource == .residentMemory || (gauge.resource == .privateMemory && isCollected) {
            return .onlyResident
        }
        if !growth.hasBaseline, let reason = doubtOfConnections(growth) { return reason }
        return doubtOfCourse(growth)
    }

    /// Whether it may come with time and not with connections: how large it is has been settled.
    private func doubtOfConnections(_ growth: Growth) -> FleetReason? {
        let spread = spread(growth.pods)
        guard spread >= Self.leastSpread, let apart = growth.apart else { return .equalShares(spread: spread) }
        let alone = apart.interval(confidence: Self.confidence)
        if alone.lowerBound > 0 { return nil }
        return alone.upperBound < growth.whole.perConnection / 2
            ? .growsWithTime(perHour: hourly(growth.pods, growth.whole)) : .equalShares(spread: spread)
    }

    /// Whether it may be of few pods, of warming up, or of what is given back in quiet times.
    private func doubtOfCourse(_ growth: Growth) -> FleetReason? {
        if Double(growth.growingPods) < Self.leastGrowingShare * Double(growth.pods.count) {
            return .fewPodsGrow(growing: growth.growingPods, pods: growth.pods.count)
        }
        let persistence = persistence(growth.pods)
        if persistence.all < GrowthEstimate.leastPersistence && persistence.late < Self.leastLatePersistence {
            return .slowing(persistence: persistence.all)
        }
        let quiet = quietTimes(growth.pods, growth.whole.perConnection)
        guard quiet.kept >= Self.leastQuietTimes, quiet.kept * 2 > quiet.seen else {
            return .fewQuietTimes(kept: quiet.kept, seen: quiet.seen)
        }
        return nil
    }

    /// Growth per connection beyond that of a baseline.
    private struct Difference {
        let perConnection: Double
        private let standardError: Double
        private let pods: Int

        init(_ own: DoseResponse, _ baseline: DoseResponse?) {
            perConnection = own.perConnection - (baseline?.perConnection ?? 0)
            let other = baseline?.standardError ?? 0
            standardError = (own.standardError * own.standardError + other * other).squareRoot()
            pods = min(own.pods, baseline?.pods ?? .max)
        }

        func interval(_ confidence: Double, among comparisons: Int) -> ClosedRange<Double> {
            let error = (1 - confidence) / 2 / Double(max(1, comparisons))
            let reach = StudentT.quantile(1 - error, degreesOfFreedom: pods - 1) * standardError
            return (perConnection - reach)...(perConnection + reach)
        }
    }
}
