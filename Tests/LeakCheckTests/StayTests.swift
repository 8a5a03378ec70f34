import Lifecycles
import Testing

@testable import LeakCheck

@Suite("How long peers stay")
struct StayTests {
    private static func observed(firstPing: Duration?, limit: Duration? = nil) -> StayObservation {
        var unanswering = DriveCounts()
        unanswering.firstPingAfter = firstPing
        unanswering.firstLetGoAfter = limit
        return StayObservation(answering: DriveCounts(), unanswering: unanswering)
    }

    private func stay(rows: Int = 1, chosen: Duration? = nil) -> Stay {
        Stay(chosen: chosen, budget: .seconds(300), rows: rows, stayingRows: rows)
    }

    @Test("a row about a heartbeat stays for as long as that takes, where there is time")
    func reached() throws {
        let observation = Self.observed(firstPing: .seconds(20), limit: .milliseconds(400))
        let hold = try #require(stay().hold(.idlePong, observation))
        #expect(hold > .seconds(20) && hold < .seconds(25))
        #expect(try #require(stay().hold(.idleNoPong, observation)) < .seconds(1))
        // One that keeps all peers is not answered at least once.
        let keeping = Self.observed(firstPing: .seconds(10))
        #expect(try #require(stay().hold(.idleNoPong, keeping)) > .seconds(10))
    }

    @Test("it is left out, and never called clean, where its peers cannot meet the heartbeat, or none was seen")
    func unreached() throws {
        let late = Self.observed(firstPing: .seconds(20), limit: .seconds(40))
        for lifecycle in [Lifecycle.idlePong, .idleNoPong, try #require(Lifecycle.idlePong.compressed)] {
            #expect(stay(rows: 14).hold(lifecycle, late) == nil)
            #expect(stay().hold(lifecycle, nil) == nil)
        }
    }

    @Test("rows about other things are driven all the same, and a choice of the user's holds for all")
    func others() throws {
        #expect(stay(rows: 14).hold(.slowReader, nil) == Stay.least)
        #expect(stay().hold(.cleanClose, nil) == Stay.least)
        #expect(stay(rows: 14, chosen: .seconds(3)).hold(.idlePong, nil) == .seconds(3))
    }
}
