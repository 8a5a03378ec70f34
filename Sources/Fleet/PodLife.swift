import Glibc

/// One process of a pod from its start, or the start of the time, to its end: what it held, block by block.
package struct PodLife: Sendable {
    /// The lowest reading of one block of time, with open connections taken out.
    package struct Block: Sendable {
        /// Hours since the start of the time.
        var hours: Double
        /// Connections that the life had accepted.
        var dose: Double
        /// What was held, less what open connections explain.
        var level: Double
        /// Connections that were accepted of late: each counts less the older it is, by a factor of e in an hour.
        var recent: Double
        /// Connections that were open.
        var open: Double
        /// The most that had been open at a time in this life.
        var mostOpen: Double
    }

    /// The blocks in the order of time.
    package var blocks: [Block] = []
    /// The moment of the first reading, in seconds since the epoch.
    package var begin = 0.0
    /// The last reading: seconds since the epoch, and the gauge as it was read.
    package var last = (time: 0.0, level: 0.0)

    /// Connections that were accepted from the first block to the last.
    package var dose: Double { (blocks.last?.dose ?? 0) - (blocks.first?.dose ?? 0) }
    /// Hours from the first block to the last.
    package var hours: Double { (blocks.last?.hours ?? 0) - (blocks.first?.hours ?? 0) }

    /// Blocks with the smallest level from each on in place of its own: what is given back later was never lost.
    var floor: [Block] {
        var floor = blocks
        var least = Double.infinity
        for index in floor.indices.reversed() {
            least = min(least, floor[index].level)
            floor[index].level = least
        }
        return floor
    }
}

/// The lives of one pod, reading by reading, in bounded memory.
struct PodTrack {
    let labels: [String: String]
    private(set) var lives: [PodLife] = []
    private var base = 0.0
    private var accepted = 0.0
    private var started = Double.nan
    private var mostOpen = 0.0
    private var recent = 0.0
    private var block = -1
    private var previous: (level: Double, open: Double, time: Double)?
    /// Sums of the changes from reading to reading, by which open connections are taken out.
    private(set) var changes = ChangeSums()

    init(labels: [String: String]) {
        self.labels = labels
    }

    /// A start of the process that differs by less is the same one, told with other decimals.
    private static let sameStart = 5.0

    struct Reading {
        var time: Double
        var level: Double
        var accepted: Double
        /// Connections that are open; NaN where that is not known.
        var open: Double
        /// When the process started; NaN where that is not known.
        var started: Double
    }

    /// Takes a reading later than all before; `share` is what each open connection holds.
    mutating func add(_ reading: Reading, in plan: FleetPlan, share: Double) {
        let isRestarted = abs(reading.started - started) > Self.sameStart
        if lives.isEmpty || reading.accepted < accepted || isRestarted {
            lives.append(PodLife())
            lives[lives.count - 1].begin = reading.time
            base = reading.accepted
            (mostOpen, recent, block, previous) = (0, 0, -1, nil)
            accepted = reading.accepted
        }
        if !reading.started.isNaN { started = reading.started }
        if let previous { recent *= exp(-(reading.time - previous.time) / 3600) }
        recent += reading.accepted - accepted
        accepted = reading.accepted
        let open = reading.open.isNaN ? 0 : reading.open
        mostOpen = max(mostOpen, open)
        if let previous, reading.time - previous.time <= 2 * plan.step {
            changes.add(level: reading.level - previous.level, open: open - previous.open)
        }
        previous = (reading.level, open, reading.time)
        let index = Int((reading.time - plan.time.lowerBound) / plan.block)
        let now = PodLife.Block(
            hours: (reading.time - plan.time.lowerBound) / 3600, dose: accepted - base,
            level: reading.level - share * open, recent: recent, open: open, mostOpen: mostOpen)
        let life = lives.count - 1
        lives[life].last = (reading.time, reading.level)
        if index != block {
            lives[life].blocks.append(now)
            block = index
        } else if now.level < lives[life].blocks[lives[life].blocks.count - 1].level {
            lives[life].blocks[lives[life].blocks.count - 1] = now
        }
    }
}

/// How levels change when the number of open connections does.
struct ChangeSums {
    private var products = 0.0
    private var squares = 0.0

    mutating func add(level: Double, open: Double) {
        products += level * open
        squares += open * open
    }

    static func + (left: ChangeSums, right: ChangeSums) -> ChangeSums {
        var sum = left
        sum.products += right.products
        sum.squares += right.squares
        return sum
    }

    /// What an open connection holds, by the slope of the changes; never negative.
    var share: Double { squares > 0 ? max(0, products / squares) : 0 }
}
