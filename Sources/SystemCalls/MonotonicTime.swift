import Glibc

/// A moment on the monotonic clock, in nanoseconds; the time of event loops and deadlines.
public struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary start.
    public var nanoseconds: Int64

    /// The moment that lies `nanoseconds` after the clock's start.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The present moment.
    public static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// How long ago this moment was.
    public var elapsed: Duration { MonotonicTime.now - self }

    /// A moment that never comes.
    public static let never = MonotonicTime(nanoseconds: .max)

    /// Whether `left` comes before `right`.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `duration` later, or `never` if the sum is too large.
    public static func + (time: Self, duration: Duration) -> Self {
        let added = duration.saturatedNanoseconds
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(added)
        return Self(nanoseconds: overflow ? (added < 0 ? .min : .max) : sum)
    }

    /// How long from `earlier` to `later`, at most 292 years either way.
    public static func - (later: Self, earlier: Self) -> Duration {
        let (difference, overflow) = later.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return .nanoseconds(overflow ? (earlier.nanoseconds < 0 ? .max : .min) : difference)
    }
}
