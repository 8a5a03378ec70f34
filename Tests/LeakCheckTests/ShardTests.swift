import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck

@Suite("Shards of a check")
struct ShardTests {
    @Test("every lifecycle is in exactly one share, and shares differ by one at most", arguments: 1...12)
    func shares(count: Int) {
        let all = Array(0..<38)
        let shares = (1...count).compactMap { Shard(index: $0, count: count)?.share(of: all) }
        #expect(shares.flatMap { $0 }.sorted() == all)
        #expect((shares.map(\.count).max() ?? 0) - (shares.map(\.count).min() ?? 0) <= 1)
    }

    @Test("a share that cannot be", arguments: [(0, 1), (2, 1), (1, 0), (-1, 3)])
    func impossible(index: Int, count: Int) {
        #expect(Shard(index: index, count: count) == nil)
    }

    private static let labels = ["bare-tcp", "clean-close", "fin", "reset/open"]

    private func shard(_ index: Int, of count: Int, target: String = "serve") -> CheckResult {
        let shard = Shard(index: index, count: count)!
        var result = DiagnosedCheck.result(shard.share(of: Self.labels), leaking: ["fin"])
        result.shard = shard
        result.target = target
        result.durationSeconds = Double(index)
        result.notes = ["a note", "shard \(index)"]
        return result
    }

    @Test("put together in any order they are the whole check")
    func merged() throws {
        let whole = DiagnosedCheck.result(Self.labels, leaking: ["fin"])
        let merged = try CheckResult(merging: [shard(2, of: 2), shard(1, of: 2)])
        let order = Lifecycle.all.map(\.label).filter(Self.labels.contains)
        #expect(merged.rows.map(\.lifecycle.label) == order)
        #expect(merged.verdict == .leak)
        #expect(merged.diagnoses.map(\.kind) == whole.diagnoses.map(\.kind))
        #expect(merged.durationSeconds == 2)
        #expect(merged.notes == ["a note", "shard 2", "shard 1"])
        #expect(merged.shard == nil)
    }

    @Test("one that ended early says so of the whole")
    func interrupted() throws {
        var second = shard(2, of: 2)
        second.interruption = .targetLost("gone")
        #expect(try CheckResult(merging: [shard(1, of: 2), second]).interruption == .targetLost("gone"))
    }

    @Test("what does not belong together is refused with what to do")
    func refused() {
        func problem(_ results: CheckResult...) -> ShardMismatch? {
            do {
                _ = try CheckResult(merging: results)
                return nil
            } catch { return error }
        }
        #expect(problem(shard(1, of: 2), shard(2, of: 2, target: "other")) == .targets("serve", "other"))
        #expect(problem(shard(1, of: 2), shard(1, of: 2)) == .sameRow("bare-tcp"))
        #expect(problem(shard(1, of: 4), shard(4, of: 4)) == .missing([2, 3], of: 4))
        #expect(problem(shard(1, of: 4)) == .missing([2, 3, 4], of: 4))
        #expect(
            problem(shard(1, of: 2), shard(3, of: 4)) == .sameRow("bare-tcp")
                || problem(shard(1, of: 2), shard(4, of: 4)) == .division)
        #expect("\(ShardMismatch.missing([3], of: 8))".hasPrefix("shard 3 of 8 is missing: give its record"))
        // Checks of lifecycles that were named.
        var (one, other) = (shard(1, of: 2), shard(2, of: 2))
        (one.shard, other.shard) = (nil, nil)
        #expect(problem(one, other) == nil)
    }
}
