import LeakCheck
import LeakStatistics

/// One direction of a plot: from values to pixels, with ticks at round values.
struct Axis {
    /// What the values are; decides how they are written.
    enum Unit {
        case connections
        case seconds
        case units(String)
        case bytes
    }

    private let low: Double
    private let high: Double
    private let first: Double
    private let last: Double
    private let unit: Unit
    /// The size of the unit in which ticks are written.
    private let scale: Double

    /// An axis that shows `values`, with room beyond them, from the first pixel to the last.
    ///
    /// Its range is never so small that the noise of a gauge fills the plot.
    init(_ values: ClosedRange<Double>, pixels: (Double, Double), unit: Unit) {
        self.unit = unit
        (first, last) = pixels
        var (low, high) = (Self.shown(values.lowerBound), Self.shown(values.upperBound))
        switch unit {
        case .connections: scale = 1
        case .seconds: scale = high - low > 3 * 3600 ? 3600 : high - low > 300 ? 60 : 1
        case .units:
            scale = 1
            let missing = max(0, 6 - (high - low)) / 2
            (low, high) = (low - missing - 0.5, high + missing + 0.5)
        case .bytes:
            let missing = max(0, 524_288 - (high - low)) / 2
            (low, high) = (low - missing, high + missing)
            let room = (high - low) * 0.06
            (low, high) = (low - room, high + room)
            scale = high - low > 8_388_608 ? 1_048_576 : 1024
        }
        self.low = max(0, low)
        self.high = max(high, self.low + 1)
    }

    /// Larger values are limited to this: no process holds as much.
    private static let farthest = 1e15

    private static func shown(_ value: Double) -> Double {
        value.isNaN ? 0 : min(max(value, -farthest), farthest)
    }

    /// The pixel of a value.
    func pixel(_ value: Double) -> Double {
        first + (Self.shown(value) - low) / (high - low) * (last - first)
    }

    /// The pixel of a value that may lie far outside, kept near the plot.
    func bounded(_ value: Double) -> Double {
        let span = high - low
        return pixel(min(max(value, low - span), high + span))
    }

    /// A few round values within the axis, as they are written.
    var ticks: [(value: Double, label: String)] {
        let least = (high - low) / scale / 5.5
        var step = 1.0
        while step * 10 <= least { step *= 10 }
        for multiple in [2.0, 5, 10] where step < least && step * multiple >= least {
            step *= multiple
            break
        }
        var ticks: [(Double, String)] = []
        var tick = (low / scale / step).rounded(.up) * step
        while tick * scale <= high {
            ticks.append((tick * scale, Amount.whole(tick)))
            tick += step
        }
        return ticks
    }

    /// The unit of the ticks.
    var unitName: String {
        switch unit {
        case .connections: "connections"
        case .seconds: scale == 1 ? "seconds" : scale == 60 ? "minutes" : "hours"
        case .units(let name): name
        case .bytes: scale == 1024 ? "KiB" : "MiB"
        }
    }

    /// A value with its unit, as exact as it was read.
    func text(_ value: Double) -> String {
        switch unit {
        case .seconds: Amount.seconds(value)
        case .connections, .units: "\(Amount.whole(value)) \(unitName)"
        case .bytes: "\(Amount.whole(value / 1024)) KiB"
        }
    }
}
