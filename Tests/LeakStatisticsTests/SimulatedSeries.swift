import Glibc

@testable import LeakStatistics

/// Targets that never were: the level of a resource after each of a number of blocks.
struct SimulatedSeries: CustomStringConvertible, Sendable {
    var name: String
    /// Whether it grows like a leak until something is collected or full, which only later connections tell.
    var growsForAWhile = false
    var level: @Sendable (_ connections: Double, inout SimulatedNoise) -> Double

    var description: String { name }

    /// `blocks` blocks of about `dose` connections each, as a check makes them.
    func series(blocks: Int = 30, dose: Double = 500, seed: UInt64) -> GrowthSeries {
        var noise = SimulatedNoise(seed: seed)
        var series = GrowthSeries()
        var connections = 0.0
        series.append(connections: 0, level: level(0, &noise))
        for _ in 0..<blocks {
            connections += (dose * noise.uniform(0.75, 1.25)).rounded()
            series.append(connections: connections, level: level(connections, &noise))
        }
        return series
    }
}

/// Seeded noise with a memory, for processes that depend on their past.
struct SimulatedNoise {
    private var generator: SeededGenerator
    var carried = 0.0
    var step = 0.0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        Double.random(in: low...high, using: &generator)
    }

    /// A normal deviate by the method of Box and Muller.
    mutating func normal() -> Double {
        let radius = (-2 * log(uniform(1e-12, 1))).squareRoot()
        return radius * cos(2 * .pi * uniform(0, 1))
    }
}

extension SimulatedSeries {
    static let kibibyte = 1024.0
    static let base = 20_000 * kibibyte

    /// Healthy targets. None keeps anything per connection in the long run.
    static let healthy: [SimulatedSeries] = [
        SimulatedSeries(name: "constant") { _, _ in base },
        SimulatedSeries(name: "white noise") { _, noise in base + 200 * kibibyte * noise.normal() },
        SimulatedSeries(name: "AR(1) 0.5") { _, noise in
            noise.carried = 0.5 * noise.carried + 200 * kibibyte * noise.normal()
            return base + noise.carried
        },
        SimulatedSeries(name: "AR(1) 0.9") { _, noise in
            noise.carried = 0.9 * noise.carried + 100 * kibibyte * noise.normal()
            return base + noise.carried
        },
        SimulatedSeries(name: "random walk") { _, noise in
            noise.carried += 100 * kibibyte * noise.normal()
            return base + noise.carried
        },
        SimulatedSeries(name: "warm-up, then flat") { connections, noise in
            base + 4000 * kibibyte * (1 - exp(-connections / 1500)) + 8 * kibibyte * noise.normal()
        },
        SimulatedSeries(name: "logarithmic growth") { connections, noise in
            base + 3000 * kibibyte * log(1 + connections / 100) + 16 * kibibyte * noise.normal()
        },
        SimulatedSeries(name: "growth like a square root") { connections, noise in
            base + 40 * kibibyte * connections.squareRoot() + 8 * kibibyte * noise.normal()
        },
        SimulatedSeries(name: "staircase of arenas, one step in ten blocks") { _, noise in
            if noise.uniform(0, 1) < 0.1 { noise.step += 512 * kibibyte }
            return base + noise.step
        },
        SimulatedSeries(name: "sawtooth of a collector", growsForAWhile: true) { connections, noise in
            base + 4 * kibibyte * connections.truncatingRemainder(dividingBy: 3300) + 64 * kibibyte * noise.normal()
        },
        SimulatedSeries(name: "cache bounded at 4,000 entries", growsForAWhile: true) { connections, _ in
            base + kibibyte * min(connections, 4000)
        },
        SimulatedSeries(name: "pool bounded at 32") { connections, _ in 8 + min(connections, 32) },
    ]

    /// A leak of `bytes` per connection under the noise and warm-up of a real target.
    static func leaking(_ bytes: Double, noise amplitude: Double = 8 * 1024) -> SimulatedSeries {
        SimulatedSeries(name: "\(bytes) bytes per connection") { connections, noise in
            base + 600 * kibibyte * (1 - exp(-connections / 800)) + bytes * connections + amplitude * noise.normal()
        }
    }
}
