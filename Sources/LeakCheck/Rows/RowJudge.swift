import LeakStatistics
import ProcessResources

/// What a row's samples amount to; pure, so that recorded and simulated rows can be judged as well.
struct RowJudge {
    /// Confidence of every interval, and of all the leaks of a check together: as one of many, each must pass a wider one.
    static let confidence = 0.99
    /// Connections before a suspicion is worth a pause, unless the target cannot take more.
    static let leastConnections = 1000
    /// Memory that a thread needs in order to exist, stack pages and control block: charged to a leaked thread, so that
    /// one defect is not reported twice.
    static let bytesPerThread = 16_384.0
    /// What must remain after the pause, and grow again afterwards, as a share of what was seen before it.
    static let leastShare = 0.5

    /// The opinion on one resource.
    enum Opinion: Equatable {
        /// No leak, and none of `required` size would have been missed; `isTight` when more connections are not worth it.
        case clean(isTight: Bool)
        /// Grows like a leak.
        case suspect
        /// More connections may tell.
        case open(String)

        /// Whether it says clean, and so tightly that more connections are not worth it where that is asked for.
        func isClean(tightly: Bool) -> Bool {
            if case .clean(let isTight) = self { isTight || !tightly } else { false }
        }
    }

    /// The opinion on the samples of `series`, and the estimate it rests on.
    static func opinion(
        _ series: GrowthSeries, _ resource: Resource, isLazy: Bool
    ) -> (opinion: Opinion, estimate: GrowthEstimate?) {
        let scale = resource.scale
        guard
            let estimate = GrowthEstimate(
                series, resolution: scale.resolution, confidence: confidence, isReused: scale.isReused)
        else {
            return (.open("too few connections were made"), nil)
        }
        let effect = scale.effect(over: estimate.connections)
        if estimate.isPersistent(above: effect) {
            if resource == .privateMemory && isLazy {
                return (
                    .open(
                        "memory grows, but this runtime collects garbage lazily, and growth before a collection is no "
                            + "evidence: let --heap read what is live"), estimate
                )
            }
            return (.suspect, estimate)
        }
        let slowing = estimate.persistence.map { $0 < 0.75 } ?? false
        // Where an allocator grows by whole arenas, a leak shows in few blocks; what the interval says must not be denied.
        if estimate.interval.lowerBound > effect && !slowing {
            return (.open("it grows in steps, too few of them to tell a leak: give it a longer --budget"), estimate)
        }
        if estimate.largestHidden <= scale.required {
            let isTight = estimate.largestHidden <= scale.tight && estimate.perConnection <= effect
            return (.clean(isTight: isTight), estimate)
        }
        return (
            .open(
                slowing
                    ? "growth slows down as warm-up does, but has not ended: give it a longer --budget"
                    : "too few connections to tell a leak from the gauge's noise: give it a longer --budget"), estimate
        )
    }

    /// Whether a count grows like a leak and nothing else is in doubt: only the pause can tell more then. Memory is not
    /// exact, and more connections may show that it slows down.
    static func isExactSuspicion(_ opinions: [Resource: Opinion]) -> Bool {
        var isSuspect = false
        for (resource, opinion) in opinions {
            switch opinion {
            case .open: return false
            case .clean: break
            case .suspect:
                guard resource.scale == .counts else { return false }
                isSuspect = true
            }
        }
        return isSuspect
    }

    /// The opinion on private memory where the live heap is read: what that clears was garbage, or the allocator's reserve,
    /// and memory needs no more connections than it does.
    ///
    /// But what goes on growing while the heap does not may be left outside of it.
    static func deferring(_ opinion: Opinion, _ estimate: GrowthEstimate?, to heap: Opinion) -> Opinion {
        guard case .clean(let isTight) = heap, opinion != .suspect else { return opinion }
        if case .open = opinion, let estimate, estimate.persistence ?? 1 >= 0.75,
            estimate.interval.lowerBound > Resource.privateMemory.scale.required
        {
            return .open(
                "memory grows though the live heap does not: what is kept outside that heap, or a reserve that fills; give "
                    + "it a longer --budget")
        }
        return .clean(isTight: isTight)
    }

    /// What the pause and the connections after it say about a suspicion.
    enum Confirmation: Equatable {
        case confirmed
        /// Most of what had been kept was given back without another connection.
        case released
        /// The room that was kept was used again: driven once more, the target did not grow at the old rate.
        case stopped
        /// The budget ended before enough connections were made.
        case open
    }

    /// Holds a suspicion against the samples after the pause.
    ///
    /// `before` ends with the last sample before the pause, `after` begins with the first sample after it.
    static func confirmation(
        before: GrowthSeries, after: GrowthSeries, _ resource: Resource
    ) -> Confirmation {
        guard let seen = GrowthEstimate(before, resolution: resource.scale.resolution, confidence: confidence),
            let resumed = after.points.first
        else { return .open }
        let floor = before.floor
        let atHalf = floor.level(at: floor.connections / 2)
        let atEnd = floor.points.last?.level ?? 0
        if resumed.level - atHalf < leastShare * (atEnd - atHalf) { return .released }
        return growsAgain(after, at: seen.perConnection, resource).map { $0 ? .confirmed : .stopped } ?? .open
    }

    /// Whether the connections behind the pause make a resource grow at no less than half of the `rate` before it; nil where
    /// there are too few.
    static func growsAgain(_ after: GrowthSeries, at rate: Double, _ resource: Resource) -> Bool? {
        let driven = after.floor
        guard driven.points.count >= 4, let last = driven.points.last, let first = driven.points.first,
            last.connections > first.connections
        else { return nil }
        let connections = last.connections - first.connections
        let newRate = (last.level - first.level) / connections
        let grown = zip(driven.points, driven.points.dropFirst()).filter { $0.1.connections > $0.0.connections }
        let growing = grown.count { $0.1.level > $0.0.level }
        return newRate >= leastShare * rate && newRate > resource.scale.effect(over: connections)
            && Double(growing) >= 0.5 * Double(grown.count)
    }
}
