import Synchronization
import SystemCalls
import TestSupport
import Testing

@testable import Sockets

@Suite("Timers")
struct TimerTests {
    @Test("fires once, not before its time")
    func once() async throws {
        try await withLoop { loop in
            let fired = Box([Duration]())
            await loop.run {
                let start = MonotonicTime.now
                _ = Timer(on: loop, after: .milliseconds(30)) { fired.value.append(start.elapsed) }
            }
            await loop.sleep(for: .milliseconds(100))
            let times = await loop.run { fired.value }
            #expect(times.count == 1)
            #expect(times.allSatisfy { $0 >= .milliseconds(30) })
        }
    }

    @Test("repeats until it is cancelled, from inside too")
    func repeats() async throws {
        try await withLoop { loop in
            let count = Box(0)
            let timer = Box(Timer?.none)
            await loop.run {
                timer.value = Timer(on: loop, after: .zero, every: .milliseconds(1)) {
                    count.value += 1
                    if count.value == 5 { timer.value?.cancel() }
                }
            }
            #expect(await eventually { await loop.run { count.value == 5 } })
            await loop.sleep(for: .milliseconds(30))
            #expect(await loop.run { count.value } == 5)
            await loop.run { timer.value = nil }
        }
    }

    @Test("fires in the order of the deadlines, not of their making")
    func order() async throws {
        try await withLoop { loop in
            let order = Box([Int]())
            await loop.run {
                for delay in [30, 10, 20, 0] {
                    _ = Timer(on: loop, after: .milliseconds(delay)) { order.value.append(delay) }
                }
            }
            await loop.sleep(for: .milliseconds(60))
            #expect(await loop.run { order.value } == [0, 10, 20, 30])
        }
    }

    @Test("an interval of zero leaves time for everything else")
    func zeroInterval() async throws {
        try await withLoop { loop in
            let count = Box(0)
            let timer = await loop.run { Timer(on: loop, after: .zero, every: .zero) { count.value += 1 } }
            for _ in 0..<10 { #expect(await loop.run { true }) }
            await loop.run { timer.cancel() }
        }
    }

    @Test("a delay beyond the clock's end never comes, one before its start comes at once")
    func extremes() async throws {
        try await withLoop { loop in
            let fired = Box([String]())
            await loop.run {
                _ = Timer(on: loop, after: .seconds(Int64.max)) { fired.value.append("late") }
                _ = Timer(on: loop, after: .seconds(Int64.min)) { fired.value.append("early") }
            }
            await loop.sleep(for: .milliseconds(5))
            #expect(await loop.run { fired.value } == ["early"])
        }
    }

    @Test("sleeps at least as long as asked")
    func sleep() async throws {
        try await withLoop { loop in
            let start = MonotonicTime.now
            await loop.sleep(for: .milliseconds(20))
            #expect(start.elapsed >= .milliseconds(20))
        }
    }
}
