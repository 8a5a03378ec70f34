/// What comes after the last run, of tasks that outlive theirs: pure, so that it can be tested.
struct LateWatch {
    /// How long it is waited for.
    static let limit = Duration.seconds(1)
    private static let lastMoment = limit * 0.8

    private var count = 0
    private var last = Duration.zero

    /// Notes that so many are there, after so long.
    mutating func note(_ now: Int, after elapsed: Duration) {
        if now > count { last = elapsed }
        count = now
    }

    /// How long after a batch of runs what it opens may come; nothing where it goes on to the end, as others' does.
    ///
    /// A little longer than it took here, for the batches of a pair to have theirs in time.
    var lateness: Duration { last < Self.lastMoment ? last * 1.2 + .milliseconds(50) : .zero }
}
