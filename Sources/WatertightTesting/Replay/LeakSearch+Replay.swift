import Glibc
import Sockets
import SystemCalls

/// A check that is replayed in a process of its own, which others read.
extension LeakSearch {
    /// Runs `body` as `order` says if this is the check that is ordered, and then ends the process; runs it once otherwise, for
    /// what comes after it in the test.
    static func replay(_ order: ReplayOrder, at site: CheckSite?, _ body: () async throws -> Void) async throws {
        guard site?.key == order.check else { return try await body() }
        let channel = try ReplayChannel(order)
        do {
            try await LeakSearch(runs: order.load.runs, releaseLimit: .zero).replay(order, channel, body)
            channel.report("it was told to go on at its end")
        } catch {
            channel.report("the body failed when it was run again: \(error)")
        }
        _exit(0)
    }

    private func replay(_ order: ReplayOrder, _ channel: ReplayChannel, _ body: () async throws -> Void) async throws {
        // As when it was judged, or it would leave something else.
        try await checking {
            try await readFilled()
            block = Holdings.warmUp
            for runs in [order.load.warmUp, order.load.runs, order.load.runs] {
                for _ in 0..<runs { try await body() }
                try await settle()
                if order.lateness > .zero {
                    await clock.sleep(for: order.lateness)
                    try await settle()
                }
                channel.reportDone()
            }
        }
    }
}
