import Glibc
import ProcessResources
import Testing

@testable import LeakCheck

/// A watch must not grow by itself, nor take much of anybody's time.
@Suite("A watch is flat")
struct WatchFlatnessTests {
    @Test("many samples leave nothing on the heap")
    func heap() async {
        await #expect(processExitsWith: .success) {
            var subject = try WatchSubject(.processes([getpid()]))
            var state = WatchState()
            var seconds = 0.0
            func round() throws {
                for _ in 0..<600 {
                    seconds += 1
                    state.add(try subject.sample(at: seconds, readsStates: false))
                    _ = WatchResult(
                        CheckRecord.Header(
                            watch: .init(intervalSeconds: 1), startedAt: "", target: "", runtime: "",
                            usesTracingGC: false),
                        .init(intervalSeconds: 1), state)
                }
            }
            // The buckets fill once.
            try round()
            var least = Int.max
            for _ in 0..<3 {
                let before = OwnHeap.current().liveBytes
                try round()
                least = min(least, OwnHeap.current().liveBytes - before)
            }
            guard least < 600 else { fatalError("600 samples left \(least) bytes") }
        }
    }
}
