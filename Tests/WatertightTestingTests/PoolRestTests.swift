import Testing

@testable import WatertightTesting

@Suite("What the caches of the pools' threads may be")
struct PoolRestTests {
    private let earlier = PoolRest(level: 1_000_000, threads: 4, isAtRest: true)
    private static let cache = 1024 * 160

    @Test("with the same threads at rest, the level says what is in use")
    func same() {
        let end = PoolRest(level: 1_020_000, threads: 4, isAtRest: true)
        #expect(end.isComparable(to: earlier))
        #expect(end.leastGrowth(since: earlier, leakedThreads: false) == 20_000)
    }

    @Test("threads that have come may cache what the heap grew by, unless the body leaked them")
    func came() {
        let end = PoolRest(level: 1_000_000 + Self.cache, threads: 5, isAtRest: true)
        #expect(end.leastGrowth(since: earlier, leakedThreads: false) == 0)
        #expect(end.leastGrowth(since: earlier, leakedThreads: true) == Self.cache)
    }

    @Test("threads that have ended prove no release, and cannot be a leak")
    func ended() {
        let end = PoolRest(level: 1_000_000 - Self.cache, threads: 3, isAtRest: true)
        #expect(!end.isComparable(to: earlier))
        #expect(
            PoolRest(level: 9_000_000, threads: 3, isAtRest: true).leastGrowth(since: earlier, leakedThreads: false)
                == 8_000_000)
    }

    @Test("pools that never rest may cache in every thread, and a large leak is one all the same")
    func restless() {
        let end = PoolRest(level: 9_000_000, threads: 4, isAtRest: false)
        #expect(!end.isComparable(to: earlier))
        #expect(end.leastGrowth(since: earlier, leakedThreads: false) == 8_000_000 - 4 * Self.cache)
    }

    @Test("the pools are at rest after five seconds in which threads may end, and a moment in which none did")
    func watch() {
        var watch = PoolWatch()
        #expect(watch.rest(threads: 6, level: 1, after: .zero) == nil)
        #expect(watch.rest(threads: 6, level: 1, after: .seconds(5)) == nil)
        #expect(watch.rest(threads: 5, level: 1, after: .milliseconds(5210)) == nil)
        #expect(watch.rest(threads: 5, level: 2, after: .milliseconds(5420))?.isAtRest == true)
        var restless = PoolWatch()
        for step in 0..<104 { #expect(restless.rest(threads: step, level: 1, after: .milliseconds(100 * step)) == nil) }
        #expect(restless.rest(threads: 1, level: 1, after: .milliseconds(10_410))?.isAtRest == false)
    }

    @Test("what comes late is waited for a little longer, and what goes on to the end is not")
    func late() {
        var watch = LateWatch()
        watch.note(0, after: .zero)
        watch.note(20, after: .milliseconds(300))
        watch.note(20, after: .milliseconds(900))
        #expect(watch.lateness == .milliseconds(410))
        watch.note(21, after: .milliseconds(950))
        #expect(watch.lateness == .zero)
    }
}
