/// The heap of a process whose idle threads have ended, and with them what they cache for the next task.
struct PoolRest {
    /// Bytes in use.
    var level: Int
    /// Threads that the process has.
    var threads: Int
    /// Whether threads no longer ended.
    var isAtRest: Bool

    /// What a thread of a pool caches at most.
    private static let cacheBytes = RuntimeCaches.capacity * RuntimeCaches.blockBytes

    /// Whether both lack the same caches, so that a lower level is less in use: those of threads that have ended since
    /// `earlier` are given back.
    func isComparable(to earlier: PoolRest) -> Bool {
        isAtRest && earlier.isAtRest && threads >= earlier.threads
    }

    /// What is certainly in use since `earlier`: without what the caches of threads may hold that have come, or may still end;
    /// `leaked` threads have none.
    func leastGrowth(since earlier: PoolRest, leakedThreads leaked: Bool) -> Int {
        let caching = isAtRest ? max(0, threads - earlier.threads) : threads
        return level - earlier.level - (leaked ? 0 : caching * Self.cacheBytes)
    }
}

/// When the pools are at rest: pure, so that it can be tested.
struct PoolWatch {
    /// After how long an idle thread of a pool has ended: libdispatch gives it five seconds.
    static let idleLimit = Duration.milliseconds(5200)
    /// How long no thread may have ended before the pools are at rest.
    static let restingTime = Duration.milliseconds(200)

    private var threads = Int.max
    private var changed = Duration.zero

    /// What is to be said with so many threads after so long a wait; nil while it must go on.
    mutating func rest(threads now: Int, level: Int, after elapsed: Duration) -> PoolRest? {
        if now != threads { (threads, changed) = (now, elapsed) }
        let isAtRest = elapsed > Self.idleLimit && elapsed - changed > Self.restingTime
        guard isAtRest || elapsed > Self.idleLimit * 2 else { return nil }
        return PoolRest(level: level, threads: now, isAtRest: isAtRest)
    }
}
