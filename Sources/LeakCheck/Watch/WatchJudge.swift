import LeakStatistics
import Remedies

/// What the course of one gauge under somebody else's traffic amounts to; pure.
///
/// A watch does not know what it is that grows with time: the connections that were made, those that are open, or the
/// clock. So it never says leak.
enum WatchJudge {
    /// Below this a watch is too short to say that nothing grows.
    static let leastSeconds = 60.0

    /// Growth of memory in an hour that is not worth a doubt.
    private static let memoryEffect = 65_536.0
    /// What may have hidden in the whole watch where nothing is said to grow, or this share of what is held: clients that
    /// come and go must have room.
    private static let (hiddenBytes, hiddenCount, hiddenShare) = (1_048_576.0, 8.0, 0.02)

    static func estimate(_ track: WatchState.Track) -> GrowthEstimate? {
        track.series.hourly.flatMap {
            GrowthEstimate($0, resolution: resolution(track.gauge), confidence: RowJudge.confidence)
        }
    }

    private static func resolution(_ gauge: WatchGauge) -> Double {
        (gauge.judged ?? (gauge.isMemory ? .residentMemory : .descriptors)).scale.resolution
    }

    /// The finding on one track of a watch that took `seconds`.
    static func finding(_ track: WatchState.Track, seconds: Double, usesTracingGC: Bool) -> WatchResult.Finding {
        let estimate = estimate(track)
        var finding = WatchResult.Finding(
            gauge: track.gauge.name, start: track.start, end: track.now, peak: track.peak,
            perHour: estimate?.perConnection, interval: estimate?.interval, smallestDetectable: estimate?.largestHidden)
        guard let resource = track.gauge.judged else { return finding }
        guard let estimate else {
            finding.verdict = .inconclusive
            let noun = track.gauge.isProbed ? "readings" : "samples"
            finding.remark = "fewer than \(WatchSeries.blocks + 1) \(noun): watch longer"
            return finding
        }
        let (verdict, remark) = judge(track, resource, estimate, seconds: seconds, usesTracingGC: usesTracingGC)
        finding.verdict = verdict
        finding.remark = remark
        return finding
    }

    private static func judge(
        _ track: WatchState.Track, _ resource: Resource, _ estimate: GrowthEstimate, seconds: Double,
        usesTracingGC: Bool
    ) -> (Verdict, Problem?) {
        let isMemory = resource.isMemory
        if estimate.isPersistent(above: isMemory ? memoryEffect : 0) {
            return resource == .privateMemory && usesTracingGC
                ? (
                    .inconclusive,
                    "grew persistently, but this runtime collects garbage lazily, and growth before a collection is no "
                        + "evidence: watch longer"
                )
                : (
                    .inconclusive,
                    "grew persistently under this traffic; whether connections leave it behind, or more are open or "
                        + "something is kept for a time, only watertight check can tell"
                )
        }
        let hidden = estimate.largestHidden * seconds / 3600
        let mayHide = max(isMemory ? hiddenBytes : hiddenCount, hiddenShare * track.start)
        // A tolerance for the division by hours and back.
        guard hidden <= mayHide * (1 + 1e-9) else {
            let slows = estimate.perConnection > 0 && estimate.persistence.map { $0 < 0.75 } ?? false
            return (
                .inconclusive,
                slows
                    ? "grew, and slows down as warm-up does: watch longer"
                    : "varies too much to tell growth from none: watch longer"
            )
        }
        guard seconds >= leastSeconds else {
            return (.inconclusive, "did not grow, in less than \(Int(leastSeconds)) s: watch longer")
        }
        return (.clean, nil)
    }
}
