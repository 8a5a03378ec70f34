import ProcessResources
import Testing

@testable import Targets

@Suite("Processes that served and have ended")
struct MembersSeenTests {
    /// Readings in memory: the processes by number, with the milliseconds they have worked.
    private struct Readings {
        var seen = MembersSeen()

        mutating func begin(_ present: [Int32: Int]) { seen.begin(Self.members(present)) }

        mutating func note(_ present: [Int32: Int], connections: Int) -> MembersSeen.Replacement? {
            seen.note(Self.members(present), connections: connections)
        }

        private static func members(_ present: [Int32: Int]) -> [MembersSeen.Member] {
            present.map { pid, worked in
                MembersSeen.Member(
                    identity: ProcessIdentity(pid: pid, startTicks: UInt64(pid)), processorTime: .milliseconds(worked))
            }
        }
    }

    @Test("a worker that was there from the start, served and is gone is told once")
    func worker() {
        var readings = Readings()
        readings.begin([1: 50, 2: 40])
        #expect(readings.note([1: 51, 2: 60], connections: 40) == nil)
        #expect(readings.note([1: 52, 3: 5], connections: 160) == .init(ended: [2], fresh: [3]))
        #expect(readings.note([1: 53, 3: 9], connections: 200) == nil)
    }

    @Test("one that came later counts as well, also where it is not replaced at once")
    func later() {
        var readings = Readings()
        readings.begin([1: 50])
        #expect(readings.note([1: 51, 2: 40], connections: 40) == nil)
        #expect(readings.note([1: 52, 2: 60], connections: 160) == nil)
        #expect(readings.note([1: 53], connections: 300) == .init(ended: [2], fresh: []))
    }

    @Test("a pool whose workers all stay says nothing")
    func stays() {
        var readings = Readings()
        readings.begin([1: 50, 2: 40, 3: 40])
        for block in 1...50 {
            #expect(readings.note([1: 50, 2: 40 + block, 3: 40 + block], connections: block * 40) == nil)
        }
    }

    @Test("a shell or a loader of the start ends unnoticed, for it did no work among connections")
    func loader() {
        var readings = Readings()
        readings.begin([1: 50, 2: 400])
        #expect(readings.note([1: 60, 2: 400], connections: 40) == nil)
        #expect(readings.note([1: 70], connections: 160) == nil)
    }

    @Test("work without connections is not serving")
    func idleWork() {
        var readings = Readings()
        readings.begin([1: 50, 2: 400])
        #expect(readings.note([1: 50, 2: 900], connections: 0) == nil)
        #expect(readings.note([1: 60], connections: 100) == nil)
    }

    @Test("a process for each connection passes, also one that lingers over some readings", arguments: [1, 2, 3, 8])
    func perConnection(blocks lingering: Int) {
        var readings = Readings()
        readings.begin([1: 50])
        for block in 1...40 {
            var present: [Int32: Int] = [1: 50 + block]
            // Of forty connections a block, each leaves a process that works on for a while and lingers.
            for age in 0..<min(lingering, block) {
                for index in 0..<40 { present[Int32(1000 * (block - age) + index)] = 5 + age }
            }
            #expect(readings.note(present, connections: block * 40) == nil)
        }
    }

    @Test("processes that take ten connections each still pass, of those that take fifty each one is told")
    func ratio() {
        for (share, isTold) in [(10, false), (50, true)] {
            var readings = Readings()
            readings.begin([1: 50])
            var replacement: MembersSeen.Replacement?
            for block in 1...20 {
                var present: [Int32: Int] = [1: 50 + block]
                // Two generations at a time, the older of which has worked since the last reading.
                for age in 0...1 where block > age {
                    for index in 0..<100 / share { present[Int32(1000 * (block - age) + index)] = 5 + age }
                }
                replacement = replacement ?? readings.note(present, connections: block * 100)
            }
            #expect((replacement != nil) == isTold, "\(share)")
        }
    }

    @Test("a process that lingers from before the first reading passes where others come with the connections")
    func lingering() {
        var readings = Readings()
        readings.begin([1: 50, 2: 5])
        var first: [Int32: Int] = [1: 60, 2: 7]
        for index in Int32(0)..<40 { first[100 + index] = 5 }
        #expect(readings.note(first, connections: 40) == nil)
        first[2] = nil
        for index in Int32(0)..<40 { first[200 + index] = 5 }
        #expect(readings.note(first, connections: 80) == nil)
    }

    @Test("a number that is given to a later process is another process")
    func reusedNumber() {
        var seen = MembersSeen()
        func member(_ start: UInt64, _ worked: Int) -> MembersSeen.Member {
            .init(identity: ProcessIdentity(pid: 7, startTicks: start), processorTime: .milliseconds(worked))
        }
        seen.begin([member(1, 10)])
        #expect(seen.note([member(1, 20)], connections: 40) == nil)
        #expect(seen.note([member(2, 30)], connections: 200) == .init(ended: [7], fresh: [7]))
    }

    @Test("a new row begins anew")
    func rows() {
        var readings = Readings()
        readings.begin([1: 50, 2: 40])
        #expect(readings.note([1: 51, 2: 60], connections: 40) == nil)
        readings.begin([1: 52])
        #expect(readings.note([1: 53], connections: 40) == nil)
    }
}
