import Sockets
import SystemCalls

/// Waiting until the process holds no more than it will keep.
extension LeakSearch {
    /// How long what a block leaves may take to be gone before the next begins.
    private static let settleLimit = Duration.milliseconds(150)
    /// Readings without a change, a millisecond apart, after which the process has settled.
    private static let quietReadings = 4

    /// Waits until nothing changes any more, at most `settleLimit`.
    func settle() async throws {
        let begin = ContinuousClock.now
        let before = holdings.heapBytes
        _ = try holdings.read(block: block)
        // Filling makes noise itself: only if something was taken out of the caches or given back.
        if holdings.heapBytes <= before - RuntimeCaches.blockBytes {
            await RuntimeCaches.fill(from: clock, maximumRounds: 6)
        }
        var quiet = 0
        while quiet < Self.quietReadings {
            if ContinuousClock.now - begin > Self.settleLimit { return }
            await clock.sleep(for: .milliseconds(1))
            quiet = try holdings.read(block: block) ? 0 : quiet + 1
        }
    }

    /// Reads what is held with full caches.
    func readFilled() async throws {
        await RuntimeCaches.fill(from: clock, minimumRounds: 6, maximumRounds: 32)
        _ = try holdings.read(block: block)
    }

    /// Waits until idle threads of the pools have ended, and with them their caches.
    ///
    /// Threads that others keep awake do not end, so their caches are filled before.
    func rest() async throws -> PoolRest {
        try await readFilled()
        await RuntimeCaches.fillSerialQueues()
        let begin = ContinuousClock.now
        var watch = PoolWatch()
        while true {
            _ = try holdings.read(block: block)
            let (threads, level) = (holdings.threadCount, holdings.heapBytes)
            if let rest = watch.rest(threads: threads, level: level, after: ContinuousClock.now - begin) { return rest }
            await clock.sleep(for: .milliseconds(20))
        }
    }
}
