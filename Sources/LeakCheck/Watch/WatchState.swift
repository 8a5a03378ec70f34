public import LeakStatistics

/// What a watch has seen so far, in bounded memory.
public struct WatchState: Sendable {
    /// One gauge from the beginning until now.
    public struct Track: Sendable {
        /// What was read.
        public let gauge: WatchGauge
        /// The first reading; 0 for what was not there then.
        public let start: Double
        /// The last reading.
        public private(set) var now: Double
        /// The highest reading.
        public private(set) var peak: Double
        private(set) var series: WatchSeries

        init(_ gauge: WatchGauge, seconds: Double, level: Double) {
            self.gauge = gauge
            start = level
            now = level
            peak = level
            series = WatchSeries(seconds: seconds, level: level)
        }

        mutating func append(seconds: Double, level: Double) {
            now = level
            peak = max(peak, level)
            series.append(seconds: seconds, level: level)
        }

        /// Growth in an hour, with its interval; nil before there is enough to tell.
        public var estimate: GrowthEstimate? { WatchJudge.estimate(self) }
    }

    /// Kinds and states beyond these are not followed one by one, so that no target can make the watch grow.
    static let mostTracks = 40

    /// The samples so far.
    public private(set) var samples = 0
    /// Seconds since the watch began, at the last sample.
    public private(set) var seconds = 0.0
    /// The gauges in the order in which they are shown.
    public private(set) var tracks: [Track] = []
    /// The gauges of `tracks`.
    private var known: Set<WatchGauge> = []

    /// Nothing seen yet.
    public init() {}

    /// Adds a sample later than all before.
    public mutating func add(_ sample: CheckResult.Sample) {
        let levels = sample.gauges
        for index in tracks.indices where sample.reads(tracks[index].gauge) {
            tracks[index].append(seconds: sample.seconds, level: levels[tracks[index].gauge] ?? 0)
        }
        if !levels.keys.allSatisfy({ known.contains($0) }) { follow(levels, sample) }
        samples += 1
        seconds = sample.seconds
    }

    /// Begins to follow what was not there before.
    private mutating func follow(_ levels: [WatchGauge: Double], _ sample: CheckResult.Sample) {
        for gauge in levels.keys.sorted(by: WatchGauge.isBefore) where !known.contains(gauge) {
            guard tracks.count < Self.mostTracks || gauge.judged != nil else { continue }
            let level = levels[gauge] ?? 0
            // Of what was not there before there was nothing; what a probe reads was there, and had not been read.
            let isFirst = samples == 0 || gauge.isProbed
            var track = Track(gauge, seconds: isFirst ? sample.seconds : seconds, level: isFirst ? level : 0)
            if !isFirst { track.append(seconds: sample.seconds, level: level) }
            tracks.append(track)
            known.insert(gauge)
        }
        tracks.sort { WatchGauge.isBefore($0.gauge, $1.gauge) }
    }
}

extension CheckResult.Sample {
    /// Whether the gauge was read, and holds nothing where it is not listed.
    fileprivate func reads(_ gauge: WatchGauge) -> Bool {
        switch gauge {
        case .descriptorKind: descriptorKinds != nil
        case .tcpState: tcpStates != nil
        case .resource(let resource) where gauge.isProbed: probed?[resource.rawValue] != nil
        case .resource, .residentMemory: true
        }
    }
}
