import Testing

@testable import Targets

@Suite("Which process of several gained")
struct ProcessGainTests {
    private func holding(_ pid: Int32, _ descriptors: Int, _ bytes: Int, start: UInt64 = 1) -> ProcessHolding {
        ProcessHolding(pid: pid, startTicks: start, name: "p\(pid)", descriptors: descriptors, privateBytes: bytes)
    }

    @Test("the one that leaks is named with its amounts, the others are not")
    func one() {
        let gains = ProcessGain.gains(
            from: [holding(1, 8, 9_000_000), holding(2, 6, 5_000_000), holding(3, 6, 5_000_000)],
            to: [holding(1, 8, 9_020_000), holding(2, 106, 5_200_000), holding(3, 6, 5_000_000)])
        #expect(gains == [ProcessGain(pid: 2, name: "p2", descriptors: 100, privateBytes: 200_000, isNew: false)])
    }

    @Test("several are named in the order of what they gained: descriptors, then memory")
    func several() {
        let before = [1, 2, 3, 4].map { holding($0, 5, 1_000_000) }
        let after = [
            holding(1, 6, 1_000_000), holding(2, 5, 3_000_000), holding(3, 9, 1_000_000), holding(4, 4, 900_000),
        ]
        #expect(ProcessGain.gains(from: before, to: after).map(\.pid) == [3, 1, 2])
    }

    @Test("where nobody gained, nobody is named, and of one process there is nothing to tell apart")
    func nobody() {
        let pair = [holding(1, 5, 1_000_000), holding(2, 5, 1_000_000)]
        #expect(ProcessGain.gains(from: pair, to: pair).isEmpty)
        #expect(ProcessGain.gains(from: [pair[0]], to: [holding(1, 500, 9_000_000)]).isEmpty)
    }

    @Test("one that came since counts with all that it holds, also under a number that was another's")
    func fresh() {
        let gains = ProcessGain.gains(
            from: [holding(1, 5, 1_000_000), holding(2, 50, 1_000_000)],
            to: [holding(1, 5, 1_000_000), holding(2, 7, 1_000_000, start: 2)])
        #expect(gains == [ProcessGain(pid: 2, name: "p2", descriptors: 7, privateBytes: 1_000_000, isNew: true)])
    }
}
