package import LeakStatistics
import ProcessResources

/// What a row's measurement amounts to; pure, so that recorded and simulated rows are judged as well.
package struct RowJudge: Sendable {
    /// Confidence of every interval, and of all the leaks of a check together: as one of many, each must pass a wider one.
    static let confidence = 0.99
    /// Connections before a suspicion is worth a pause, unless the target cannot take more.
    static let leastConnections = 1000
    /// The share of connections that must have come about for a row to be judged.
    static let leastCompletedShare = 0.9
    /// How long connections must be made before a value is clean that may be two seconds old: pages are often made anew
    /// only every second or so.
    static let leastSecondsOfLagging = 6.0
    /// How many times the memory it began with a program must hold to have outgrown any collector: those that collect when
    /// they like do so when the heap has doubled, or has reached a bound that their memory at the start is a part of.
    static let timesOfCollection = 16.0

    /// Bytes a connection that no healthy server's warming up comes near to over a thousand of them, and how wide an interval is
    /// narrow, as a share of the amount.
    static let (largeBytes, narrowShare) = (512.0, 0.2)

    /// What is judged, and by which rules.
    package struct Rules: Hashable, Sendable {
        /// What is judged in each row.
        package var resources = Resource.ofEveryTarget
        /// What is read from a user's page or command, which may have made its value some seconds ago.
        package var lagging: Set<Resource> = []
        /// Whether the target collects garbage when it likes, so that growth of memory is no evidence.
        package var usesTracingGC = false
        /// Whether the live heap is what the target's allocators hold.
        package var heapCoversAllocators = false
        /// Number of verdicts in the check, for the Bonferroni correction.
        package var verdicts = 1
        /// How long a pause must be for what is kept through it to be called a leak, in seconds.
        package var pauseSeconds = 0.0
        /// Whether the user chose that pause.
        package var isPauseChosen = false

        /// The rules for a target of which nothing is known.
        package init() {}
    }

    /// The rules that it applies.
    package var rules: Rules

    /// A judge by `rules`.
    package init(_ rules: Rules) {
        self.rules = rules
    }

    /// What is said of one resource.
    package enum Assessment: Hashable, Sendable {
        /// No leak, and none of `required` size would have been missed; `isTight` when more connections are not worth it.
        case clean(isTight: Bool)
        /// Grows like a leak, and a pause must tell.
        case suspect
        /// Grew like a leak before the pause; more connections behind it must tell.
        case unconfirmed
        /// Each connection leaves something behind for good.
        case leak
        /// More connections may tell.
        case undecided(Reason)

        /// Whether it says clean, and so tightly that more connections are not worth it where that is asked for.
        func isClean(tightly: Bool) -> Bool {
            if case .clean(let isTight) = self { isTight || !tightly } else { false }
        }

        /// Whether only a pause tells that is longer than a check makes.
        var awaitsTimers: Bool { if case .undecided(.timersPending) = self { true } else { false } }
    }

    /// An assessment with the figures that it rests on.
    struct Judgment {
        var assessment: Assessment
        var estimate: GrowthEstimate?
        /// What the pauses say; nil before the first.
        var troughs: Troughs?
        /// The smallest leak that would have been seen.
        var bound: Double?
        /// Bytes that may have been free inside the process before its first connection.
        var room = 0.0
        /// Whether what is freed leaves the gauge, so that it can be read at rest.
        var isExact = true

        /// Whether a reading at rest would tell what driving has not told: what is kept for a time is gone then. Of many
        /// connections in few blocks more blocks tell as much.
        var restTells: Bool {
            guard isExact, case .undecided(let reason) = assessment else { return false }
            switch reason {
            case .noisy, .slowing, .stopped: return true
            case .tooFewConnections(let connections, _, _): return connections < RowJudge.leastConnections
            default: return false
            }
        }

        /// Whether the amount is many times what healthy servers show, and known within a fifth.
        var isLarge: Bool {
            guard let estimate else { return false }
            let interval = estimate.interval
            return interval.lowerBound > RowJudge.largeBytes
                && interval.upperBound - interval.lowerBound < RowJudge.narrowShare * estimate.perConnection
        }
    }

    /// The assessment of every resource.
    package func assessments(_ row: RowMeasurement) -> [Resource: Assessment] { judgments(row).mapValues(\.assessment) }

    /// The assessment of every resource, with its figures.
    func judgments(_ row: RowMeasurement) -> [Resource: Judgment] {
        if let row = SessionCache.judged(row) { return readings(of: row) }
        var judgments = readings(of: row)
        SessionCache.doubt(&judgments, row)
        return judgments
    }

    /// The assessment of every resource by its readings.
    private func readings(of row: RowMeasurement) -> [Resource: Judgment] {
        var judgments: [Resource: Judgment] = [:]
        let attribution = Attribution(row, rules)
        for resource in rules.resources {
            var judgment = judgment(row, resource, attribution)
            if let problem = row.probeFailures[resource] { judgment.assessment = .undecided(.unread(problem: problem)) }
            if rules.lagging.contains(resource), case .clean = judgment.assessment,
                row.drivenSeconds() < Self.leastSecondsOfLagging
            {
                judgment.assessment = .undecided(.staleReadings)
            }
            judgments[resource] = judgment
        }
        reconcile(&judgments)
        return judgments
    }

    private func judgment(_ row: RowMeasurement, _ resource: Resource, _ attribution: Attribution) -> Judgment {
        let points = attribution.readings(resource)
        let room = attribution.room(resource)
        let series = GrowthSeries(points.compactMap { $0 })
        let isCollected = resource == .privateMemory && rules.usesTracingGC && !attribution.excludesHeap
        let scale = attribution.scale(resource)
        var judgment = Self.judgment(series, scale, room: room, isCollected: isCollected)
        judgment.isExact = !scale.isReused
        let course = Course(points, troughs: row.troughs)
        guard course.hasPaused else { return judgment }
        let othersReleased = scale.isReused && attribution.countsWereReleased
        judgment.troughs = Troughs(course, scale, isAlwaysAtRest: othersReleased)
        confirm(&judgment, row, scale, course)
        return judgment
    }

    /// What the readings of `series` come to before any pause.
    ///
    /// `room` is what may have been free inside the process at first; `isCollected` memory counts only once it has outgrown
    /// any collector.
    static func judgment(
        _ series: GrowthSeries, _ scale: GrowthScale, room: Double = 0, isCollected: Bool = false
    ) -> Judgment {
        let estimate = GrowthEstimate(series, resolution: scale.resolution, confidence: confidence, room: room)
        guard let estimate else {
            let reason = Reason.tooFewConnections(connections: Int(series.connections), seconds: 0, held: 0)
            return Judgment(assessment: .undecided(reason), room: room)
        }
        var judgment = Judgment(
            assessment: .suspect, estimate: estimate, bound: estimate.largestHidden, room: room)
        let effect = scale.effect(over: estimate.connections)
        let first = series.points.first?.level ?? 0
        let hasOutgrown = (series.points.last?.level ?? 0) >= Self.timesOfCollection * first
        if estimate.isPersistent(above: effect) {
            if isCollected && !hasOutgrown { judgment.assessment = .undecided(.collectorPending) }
        } else if estimate.interval.lowerBound > effect && !estimate.isSlowing {
            // Where an allocator grows by whole arenas, a leak shows in few blocks; what the interval says must not be denied.
            judgment.assessment = .undecided(.steps)
        } else if estimate.largestHidden <= scale.required {
            let isTight = estimate.largestByChance <= scale.tight && estimate.perConnection <= effect
            judgment.assessment = .clean(isTight: isTight)
        } else {
            judgment.assessment = .undecided(Self.doubt(estimate, scale, room))
        }
        return judgment
    }

    /// Why what shows no leak is not clean.
    private static func doubt(_ estimate: GrowthEstimate, _ scale: GrowthScale, _ room: Double) -> Reason {
        if estimate.isSlowing { return .slowing }
        let bound = estimate.largestHidden
        return room > 0 && estimate.largestByChance <= scale.required
            ? .roomAtStart(bound: bound, bytes: room) : .noisy(bound: bound)
    }

    /// Whether something grows like a leak so clearly that only a pause can tell more, and nothing else is in doubt: a count,
    /// which is exact, or an amount that is large and known within a fifth.
    static func isClear(_ judgments: [Resource: Judgment]) -> Bool {
        var isSuspect = false
        for (resource, judgment) in judgments {
            switch judgment.assessment {
            case .undecided: return false
            case .clean, .leak: break
            case .suspect, .unconfirmed:
                guard resource.scale.resolution <= 1 || judgment.isLarge else { return false }
                isSuspect = true
            }
        }
        return isSuspect
    }

    /// Whether a reading at rest would tell of an exact gauge what driving has not told.
    static func restTells(_ judgments: [Resource: Judgment]) -> Bool { judgments.values.contains(where: \.restTells) }

    /// What is said of private memory where the live heap is read.
    ///
    /// What leaks from the heap explains a doubt about memory. A clean heap explains only what is garbage, or the allocator's
    /// reserve, as far as memory has a bound of its own.
    private func reconcile(_ judgments: inout [Resource: Judgment]) {
        guard let memory = judgments[.privateMemory], let heap = judgments[.liveHeap],
            case .undecided(let reason) = memory.assessment
        else { return }
        switch heap.assessment {
        case .leak, .suspect, .unconfirmed:
            judgments[.privateMemory]?.assessment = .undecided(.explained(by: .liveHeap))
        case .clean:
            if case .collectorPending = reason, let estimate = memory.estimate {
                let bound = estimate.largestHidden
                judgments[.privateMemory]?.assessment =
                    bound <= Resource.privateMemory.scale.required
                    ? .clean(isTight: true) : .undecided(.outsideHeap(bound: bound))
            }
        case .undecided: break
        }
    }
}
