import LeakStatistics
import Sockets
import SystemCalls

/// Batches with the body beside batches without it.
extension LeakSearch {
    /// Runs batches with the body and equally long batches without it, two at a time in random order; returns what the
    /// heap grew by in each. The first pair warms up and does not count.
    ///
    /// A batch with the body has the block after the last, the batch without it the next.
    func paired(_ runs: Int, _ body: () async throws -> Void) async throws -> [LeakRule.Pair] {
        let first = block + 1
        var heap: [LeakRule.Pair] = []
        heap.reserveCapacity(LeakRule.pairs + 1)
        var length = Duration.zero
        for index in 0...LeakRule.pairs {
            var pair = LeakRule.Pair(withBody: 0, without: 0)
            let isBodyFirst = index == 0 || Bool.random()
            for isBody in isBodyFirst ? [true, false] : [false, true] {
                let before = holdings.heapBytes
                block = first + 2 * index + (isBody ? 0 : 1)
                let begin = ContinuousClock.now
                if isBody {
                    for _ in 0..<runs { try await body() }
                    length = ContinuousClock.now - begin
                } else {
                    await clock.sleep(for: length)
                }
                try await settle()
                if lateness > .zero {
                    await clock.sleep(for: lateness)
                    try await settle()
                }
                let took = ContinuousClock.now - begin
                let grown = Double(holdings.heapBytes - before)
                seconds[block] = took.inSeconds
                if isBody { pair.withBody = grown } else { pair.without = grown }
            }
            heap.append(pair)
        }
        block = first + 2 * (LeakRule.pairs + 1)
        return heap
    }

    /// How many of each pair of batches are left now.
    ///
    /// What others hold grows with time: if a batch with the body took longer than the one without it, on a busy
    /// machine, the latter is scaled to that time.
    func pairs(_ resource: LeakedResource, from first: Int) -> [LeakRule.Pair] {
        let held = holdings.held(resource)
        return (0...LeakRule.pairs).map { index in
            let (body, idle) = (first + 2 * index, first + 2 * index + 1)
            let longer = max(1, (seconds[body] ?? 1) / max(1e-6, seconds[idle] ?? 1))
            return LeakRule.Pair(withBody: Double(held[body] ?? 0), without: longer * Double(held[idle] ?? 0))
        }
    }
}
