package import LeakStatistics

/// What some pods of a group held, as it is judged: block by block, with what passes taken out.
package struct PodCurves: Sendable {
    /// One pod.
    package struct Curve: Sendable {
        /// Its name.
        package var pod: String
        /// Its lives, at most `mostLives`, those of most connections.
        package var lives: [Life]

        /// A pod's curve.
        package init(pod: String, lives: [Life]) {
            self.pod = pod
            self.lives = lives
        }
    }

    /// One process of a pod.
    package struct Life: Sendable {
        /// The lowest reading of each block, in the order of time: what was held less what open connections and those of late
        /// explain, after the connections that the life had accepted.
        package var points: [GrowthSeries.Point]
        /// The place of the first block that is judged; the number of blocks where the life is too short.
        package var judgedFrom: Int

        /// A life.
        package init(points: [GrowthSeries.Point], judgedFrom: Int) {
            self.points = points
            self.judgedFrom = judgedFrom
        }
    }

    /// How these pods grow for themselves, nothing of a baseline taken off.
    package struct Fit: Hashable, Sendable {
        /// Growth per connection.
        package var perConnection: Double
        /// Its 99% interval.
        package var interval: ClosedRange<Double>

        /// A slope.
        package init(perConnection: Double, interval: ClosedRange<Double>) {
            self.perConnection = perConnection
            self.interval = interval
        }
    }

    /// The pods that are kept, the one of most connections first.
    package var shown: [Curve] = []
    /// The names of the others.
    package var leftOut: [String] = []
    /// The slope; nil where nothing can be said.
    package var fit: Fit?

    /// So many pods are kept of a group.
    package static let mostShown = 12
    /// So many lives are kept of a pod, which may have been restarted again and again.
    package static let mostLives = 8

    /// The curves of a group.
    package init(shown: [Curve] = [], leftOut: [String] = [], fit: Fit? = nil) {
        self.shown = shown
        self.leftOut = leftOut
        self.fit = fit
    }
}

extension PodCurves {
    /// The curves of `pods`, whose levels are settled; a life of fewer than `leastBlocks` is not judged.
    ///
    /// Of many pods some are kept, evenly by the connections that they accepted: those of most and of fewest are among them.
    init(of pods: [FleetJudge.Pod], leastBlocks: Int) {
        let ordered = pods.sorted { ($1.dose, $0.name) < ($0.dose, $1.name) }
        let kept = Self.spread(over: ordered.count)
        for (index, pod) in ordered.enumerated() {
            guard kept.contains(index) else {
                leftOut.append(pod.name)
                continue
            }
            let lives = pod.lives.sorted { $0.dose > $1.dose }.prefix(Self.mostLives).map { life in
                Life(
                    points: life.blocks.map { GrowthSeries.Point(connections: $0.dose, level: $0.level) },
                    judgedFrom: life.blocks.count < leastBlocks ? life.blocks.count : life.blocks.count / 2)
            }
            shown.append(Curve(pod: pod.name, lives: lives))
        }
    }

    /// The places of those that are kept of `count`.
    private static func spread(over count: Int) -> Set<Int> {
        guard count > mostShown else { return Set(0..<count) }
        return Set((0..<mostShown).map { $0 * (count - 1) / (mostShown - 1) })
    }
}

extension FleetJudge.Pod {
    /// Connections that it accepted.
    fileprivate var dose: Double { lives.reduce(0) { $0 + $1.dose } }
}
