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
    /// A block with less than this share of the connections an hour of the day around it is quiet.
    private static let quietShare = 0.85
    /// How much of what was gained must still be there after a quiet time.
    private static let keptShare = 0.5
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

    private var usable: (PodLife) -> Bool { { $0.blocks.count >= Self.leastBlocks && $0.dose > 0 } }

    private func terms(hours: Bool) -> DoseResponse.Terms {
        .init(hasHours: hours, hasMostOpen: hasOpen && gauge.resource.isMemory)
    }

    /// The blocks of the second half of a life: the first is warming up.
    private func judged(_ life: PodLife) -> ArraySlice<PodLife.Block> {
        let floor = life.floor
        return floor[(floor.count / 2)...]
    }

    /// A part of a life's blocks, as shares of them.
    private func part(_ life: PodLife, _ part: Range<Double>) -> ArraySlice<PodLife.Block> {
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
        func inconclusive(_ reason: FleetReason) -> FleetResult.Finding {
            finding.verdict = .inconclusive
            finding.reason = reason
            return finding
        }
        let long = settled(pods.filter { $0.lives.contains(where: usable) })
        guard pods.count >= 3 else { return inconclusive(.fewPods(pods.count)) }
        guard long.count >= 3 else { return inconclusive(.shortLives) }
        let estimates = estimates(long)
        guard let whole = estimates.whole else { return inconclusive(.shortLives) }
        let scale = gauge.resource.scale
        let judgedDose = long.flatMap(\.lives).filter(usable).map(\.dose)
        let meanDose = judgedDose.reduce(0, +) / Double(judgedDose.count)
        var effect = scale.effect(over: meanDose)
        if gauge.resource == .liveHeap && gauge.isCollected {
            effect = max(effect, Self.driftOfCollectedHeap / meanDose)
        }
        let growth = Difference(whole, baseline)
        let interval = growth.interval(Self.confidence, among: 1)
        finding.curves.fit = .init(
            perConnection: whole.perConnection, interval: whole.interval(confidence: Self.confidence))
        let strict = growth.interval(Self.confidence, among: comparisons)
        finding.perConnection = growth.perConnection
        finding.interval = interval
        finding.smallestDetectable = max(interval.upperBound, 0)
        finding.growingPods = long.count { grows($0) }

        guard strict.lowerBound > effect else {
            if interval.upperBound <= scale.required {
                finding.verdict = .clean
                return finding
            }
            // What is put down to connections may be time's.
            if let apart = estimates.apart, baseline == nil,
                apart.interval(confidence: Self.confidence).upperBound <= scale.required,
                whole.perConnection > effect
            {
                return inconclusive(.growsWithTime(perHour: hourly(long, whole)))
            }
            return inconclusive(.wide)
        }
        if !hasOpen { return inconclusive(.noOpen) }
        if gauge.resource == .residentMemory || (gauge.resource == .privateMemory && isCollected) {
            return inconclusive(.onlyResident)
        }
        if baseline == nil {
            let spread = spread(long)
            guard spread >= Self.leastSpread, let apart = estimates.apart else {
                return inconclusive(.equalShares(spread: spread))
            }
            // How large it is has been settled; here it is asked whether it is connections at all.
            let alone = apart.interval(confidence: Self.confidence)
            guard alone.lowerBound > 0 else {
                return inconclusive(
                    alone.upperBound < whole.perConnection / 2
                        ? .growsWithTime(perHour: hourly(long, whole)) : .equalShares(spread: spread))
            }
        }
        if Double(finding.growingPods) < Self.leastGrowingShare * Double(long.count) {
            return inconclusive(.fewPodsGrow(growing: finding.growingPods, pods: long.count))
        }
        let persistence = persistence(long)
        if persistence.all < GrowthEstimate.leastPersistence && persistence.late < Self.leastLatePersistence {
            return inconclusive(.slowing(persistence: persistence.all))
        }
        let quiet = quietTimes(long, whole.perConnection)
        guard quiet.kept >= Self.leastQuietTimes, quiet.kept * 2 > quiet.seen else {
            return inconclusive(.fewQuietTimes(kept: quiet.kept, seen: quiet.seen))
        }
        finding.verdict = .leak
        return finding
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

    /// Whether the floor of most of a pod's lives is higher at their end than in their middle.
    private func grows(_ pod: Pod) -> Bool {
        let rises = pod.lives.filter(usable).map { life in
            let blocks = judged(life)
            return (blocks.last?.level ?? 0) - (blocks.first?.level ?? 0)
        }
        return rises.reduce(0, +) > 0
    }

    /// How much the connections an hour of lives differ, as a share of their mean.
    private func spread(_ pods: [Pod]) -> Double {
        let rates = pods.map { pod in
            let lives = pod.lives.filter(usable)
            return lives.reduce(0) { $0 + $1.dose } / max(1e-9, lives.reduce(0) { $0 + $1.hours })
        }
        let mean = rates.reduce(0, +) / Double(rates.count)
        guard mean > 0 else { return 0 }
        let squares = rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(max(1, rates.count - 1))).squareRoot() / mean
    }

    /// Growth in an hour over the whole group, each pod's mean.
    private func hourly(_ pods: [Pod], _ whole: DoseResponse) -> Double {
        let lives = pods.flatMap { $0.lives.filter(usable) }
        let hours = lives.reduce(0) { $0 + $1.hours }
        return hours > 0 ? whole.perConnection * lives.reduce(0) { $0 + $1.dose } / hours : 0
    }

    /// Growth per connection over what is judged, divided by that in the quarter of a life before, and that over the last
    /// quarter, divided by that over the third: 1 or more for a leak, and infinite where the earlier part did not grow.
    private func persistence(_ pods: [Pod]) -> (all: Double, late: Double) {
        func growth(_ share: Range<Double>) -> Double {
            let terms = terms(hours: false)
            var sums = DoseResponse.Sums(terms: terms.count)
            for life in pods.flatMap({ $0.lives.filter(usable) }) { sums.add(part(life, share), terms) }
            return sums.lastCoefficient ?? 0
        }
        func ratio(_ later: Double, _ earlier: Double) -> Double { earlier > 0 ? later / earlier : .infinity }
        return (ratio(growth(0.5..<1), growth(0.25..<0.5)), ratio(growth(0.75..<1), growth(0.5..<0.75)))
    }

    /// What shrinks by the same share from quarter to quarter and passes this passes the other rule, too; a leak beside a cache
    /// that fills passes this.
    private static let leastLatePersistence = 0.85

    /// The quiet times of the fleet, day by day: in how many at least half of what had been gained since the one before
    /// was still there at its end.
    private func quietTimes(_ pods: [Pod], _ perConnection: Double) -> (kept: Int, seen: Int) {
        struct Gain {
            var level = 0.0
            var expected = 0.0
        }
        var days: [Int: Gain] = [:]
        for life in pods.flatMap(\.lives) where usable(life) {
            let floor = life.floor
            let isQuiet = Self.quietBlocks(floor)
            var from = floor[0]
            var end: PodLife.Block?
            func close() {
                guard let last = end, last.dose > from.dose else { return }
                let day = Int(last.hours / 24)
                days[day, default: Gain()].level += last.level - from.level
                days[day, default: Gain()].expected += perConnection * (last.dose - from.dose)
                from = last
            }
            for index in floor.indices.dropFirst() {
                if isQuiet[index] {
                    end = floor[index]
                } else if end != nil {
                    close()
                    end = nil
                }
            }
            if end != nil { close() }
        }
        return (days.values.count { $0.level >= Self.keptShare * $0.expected }, days.count)
    }

    /// Which blocks had clearly fewer connections an hour than the day around them.
    private static func quietBlocks(_ blocks: [PodLife.Block]) -> [Bool] {
        func rate(_ from: PodLife.Block, _ to: PodLife.Block) -> Double {
            to.hours > from.hours ? (to.dose - from.dose) / (to.hours - from.hours) : 0
        }
        return blocks.indices.map { index in
            guard index > 0 else { return false }
            let around = blocks.filter { abs($0.hours - blocks[index].hours) <= 12 }
            guard let first = around.first, let last = around.last, last.hours - first.hours >= 12 else { return false }
            return rate(blocks[index - 1], blocks[index]) < quietShare * rate(first, last)
        }
    }
}
