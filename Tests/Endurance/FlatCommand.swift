import ArgumentParser
import Glibc
import LeakStatistics
import ProcessResources
import Sockets
import SystemCalls

/// `endurance flat`: after any number of connections nothing is left of them.
struct FlatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flat",
        abstract: "Make real connections of every kind, in this process, and show that nothing is left of them.",
        discussion: """
            Server and peers live in this process, so that what either leaves behind is seen. Connections are made in \
            rounds, an equal share of each kind; after each round everything settles and is read: descriptors and \
            threads, which must be back where they were, and the allocator's live bytes. Their growth per connection in \
            the median round must stay below --slope: a leak grows in every round, a table that doubles at a burst in \
            one. All of it together must stay below the same slope, or below 16 KiB, which is what tables may take. Private \
            memory, which an allocator keeps in steps, must not rise in every quarter.
            """)

    /// A rise from quarter to quarter, in bytes, that is a leak: some ten bytes a connection.
    private static let leastLeak = 128 * 1024

    @Option(help: "Connections to make, those of the warm-up not counted.")
    var connections = 50_000
    @Option(help: "Rounds to make them in.")
    var rounds = 25
    @Option(help: "Connections for warming up, in which tables and queues reach their size.")
    var warmUp = 100_000
    @Option(help: "Live bytes per connection that are still called flat.")
    var slope = 0.01
    @Option(help: "Only kinds whose name contains this text.")
    var only = ""
    @Flag(help: "Lose 16 bytes at one connection in a thousand of each kind, to see that it is noticed.")
    var plant = false

    func validate() throws {
        if rounds < 5 { throw ValidationError("--rounds must be at least 5") }
        if connections < rounds { throw ValidationError("--connections must be at least --rounds") }
    }

    func run() async throws {
        // On a loop of ours: a task that Dispatch runs lets its caches fill, a thousand blocks for each thread, and hides
        // a leak of a few bytes behind them.
        let loop = try EventLoop(name: "endurance")
        try await Task(executorPreference: loop) { try await measure(on: loop) }.value
        loop.stop()
    }

    /// Waits until the last objects of connections that have ended are gone too, on whichever thread.
    private func calm(on loop: EventLoop) async {
        var last = -1
        for _ in 0..<100 {
            let live = OwnHeap.current().liveBytes
            if live == last { return }
            last = live
            await loop.sleep(for: .milliseconds(1))
        }
    }

    private func measure(on loop: EventLoop) async throws {
        let subjects = try await Subjects()
        let kinds = subjects.all.filter { $0.name.contains(only) }
        guard !kinds.isEmpty else { throw ValidationError("no kind of connection has a name with \(only)") }
        let meter = try Meter()
        var made = 0
        var planted: [UnsafeMutableRawPointer] = []
        planted.reserveCapacity((connections + warmUp) / 1000 + (rounds + 5) * kinds.count)
        var growth = [Int](repeating: 0, count: kinds.count)
        var total = [Int](repeating: 0, count: kinds.count)
        var seconds = [Double](repeating: 0, count: kinds.count)

        func round(_ count: Int, counts: Bool) async throws {
            for (index, kind) in kinds.enumerated() {
                let share = count / kinds.count
                let (before, start) = (try meter.reading().liveBytes, MonotonicTime.now)
                try await kind.make(share)
                try await subjects.settle(on: loop)
                await calm(on: loop)
                if plant {
                    for _ in 0..<(share / 1000 + 1) {
                        planted.append(UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 1))
                    }
                }
                guard counts else { continue }
                made += share
                total[index] += share
                growth[index] += try meter.reading().liveBytes - before
                seconds[index] += start.elapsed.inSeconds
            }
        }

        var rates: [Double] = []
        rates.reserveCapacity(rounds)
        // Also lets the stream allocate its buffer before anything is measured.
        print("\(kinds.count) kinds of connection, \(warmUp) of them for warming up, then \(connections)")
        for _ in 0..<5 { try await round(warmUp / 5, counts: false) }
        var privateBytes = [try meter.trimmedPrivateBytes()]
        privateBytes.reserveCapacity(rounds + 1)
        let start = try meter.reading()
        var end = start
        for number in 1...rounds {
            let (madeBefore, liveBefore) = (made, end.liveBytes)
            try await round(connections / rounds, counts: true)
            end = try meter.reading()
            privateBytes.append(try meter.trimmedPrivateBytes())
            rates.append(Double(end.liveBytes - liveBefore) / Double(max(1, made - madeBefore)))
            if number.isMultiple(of: max(1, rounds / 10)) {
                print("  after \(made): live heap \(end.liveBytes - start.liveBytes) B above the start")
            }
        }
        let found = median(rates)
        let grown = end.liveBytes - start.liveBytes

        print(Table.line(["kind of connection", "made", "per second", "live bytes"], [44, 10, 10, 10]))
        for (index, kind) in kinds.enumerated() {
            let rate = Int(Double(total[index]) / max(seconds[index], 0.001))
            print(Table.line([kind.name, "\(total[index])", "\(rate)", "\(growth[index])"], [44, 10, 10, 10]))
        }
        var checks = Checks()
        checks.expect(
            end.descriptors == start.descriptors, "descriptors: \(start.descriptors), then \(end.descriptors)")
        // Dispatch ends a thread that has had nothing to do for a while.
        checks.expect(end.threads <= start.threads, "threads: \(start.threads), then \(end.threads)")
        checks.expect(
            found < slope,
            "live heap: \(fixed(found, 5)) B per connection in the median of \(rounds) rounds, \(made) connections in all"
        )
        checks.expect(
            grown < max(16_384, Int(slope * Double(made))),
            "live heap: \(grown) B in all, \(fixed(Double(grown) / Double(max(1, made)), 5)) B per connection")
        // What the allocator cannot give back comes and goes by megabytes, and a page that it fills anew may stay: a leak raises
        // the lowest reading in each quarter, by as much.
        let levels = privateBytes.enumerated().map {
            GrowthSeries.Point(connections: Double($0.offset), level: Double($0.element))
        }
        let raised = Int(GrowthSeries(levels).leastRise)
        checks.expect(
            raised < Self.leastLeak,
            "private memory after malloc_trim: from quarter to quarter the lowest rose by \(raised / 1024) KiB at least"
        )
        await subjects.end()
        try checks.conclude("flat")
    }
}
