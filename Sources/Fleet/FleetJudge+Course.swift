import LeakStatistics

/// How what a group holds has gone: from pod to pod, from quarter to quarter, from day to day.
extension FleetJudge {
    /// A block with less than this share of the connections an hour of the day around it is quiet.
    private static let quietShare = 0.85
    /// How much of what was gained must still be there after a quiet time.
    private static let keptShare = 0.5

    /// Whether the floor of most of a pod's lives is higher at their end than in their middle.
    func grows(_ pod: Pod) -> Bool {
        let rises = pod.lives.filter(usable).map { life in
            let blocks = judged(life)
            return (blocks.last?.level ?? 0) - (blocks.first?.level ?? 0)
        }
        return rises.reduce(0, +) > 0
    }

    /// How much the connections an hour of lives differ, as a share of their mean.
    func spread(_ pods: [Pod]) -> Double {
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
    func hourly(_ pods: [Pod], _ whole: DoseResponse) -> Double {
        let lives = pods.flatMap { $0.lives.filter(usable) }
        let hours = lives.reduce(0) { $0 + $1.hours }
        return hours > 0 ? whole.perConnection * lives.reduce(0) { $0 + $1.dose } / hours : 0
    }

    /// Growth per connection over what is judged, divided by that in the quarter of a life before, and that over the last
    /// quarter, divided by that over the third: 1 or more for a leak, and infinite where the earlier part did not grow.
    func persistence(_ pods: [Pod]) -> (all: Double, late: Double) {
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
    static let leastLatePersistence = 0.85

    /// The quiet times of the fleet, day by day: in how many at least half of what had been gained since the one before
    /// was still there at its end.
    func quietTimes(_ pods: [Pod], _ perConnection: Double) -> (kept: Int, seen: Int) {
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
