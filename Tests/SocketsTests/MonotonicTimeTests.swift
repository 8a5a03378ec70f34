import SystemCalls
import Testing

@Suite("Moments and durations saturate")
struct MonotonicTimeTests {
    @Test(
        "nanoseconds of a duration",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.milliseconds(-3), -3_000_000),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
            (.nanoseconds(Int64.max), .max), (.nanoseconds(Int64.min), .min), (.seconds(9_223_372_037), .max),
            (.seconds(-9_223_372_037), .min), (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (.seconds(9_223_372_036) + .milliseconds(999), .max), (.seconds(-9_223_372_036) - .milliseconds(999), .min),
        ] as [(Duration, Int64)])
    func nanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.saturatedNanoseconds == expected)
    }

    @Test(
        "a moment and a duration",
        arguments: [
            (5, .nanoseconds(3), 8), (5, .nanoseconds(-8), -3), (.max, .nanoseconds(1), .max),
            (5, .seconds(Int64.max), .max), (-5, .nanoseconds(Int64.min), .min), (5, .seconds(Int64.min), .min + 5),
        ] as [(Int64, Duration, Int64)])
    func sum(start: Int64, added: Duration, expected: Int64) {
        #expect(MonotonicTime(nanoseconds: start) + added == MonotonicTime(nanoseconds: expected))
    }

    @Test(
        "between two moments",
        arguments: [
            (8, 5, 3), (5, 8, -3), (.max, -1, .max), (.min, 1, .min), (0, .min, .max), (.max, 0, .max),
        ] as [(Int64, Int64, Int64)])
    func difference(later: Int64, earlier: Int64, expected: Int64) {
        #expect(
            MonotonicTime(nanoseconds: later) - MonotonicTime(nanoseconds: earlier)
                == Duration.nanoseconds(expected))
    }

    @Test("seconds", arguments: [(Duration.milliseconds(1500), 1.5), (.nanoseconds(-1), -1e-9), (.seconds(3), 3)])
    func seconds(duration: Duration, expected: Double) {
        #expect(abs(duration.inSeconds - expected) < 1e-12)
    }

    @Test("the clock does not go back, and never is later than now")
    func clock() {
        let first = MonotonicTime.now
        #expect(MonotonicTime.now >= first && first < .never)
        #expect(first.elapsed >= .zero)
    }
}
