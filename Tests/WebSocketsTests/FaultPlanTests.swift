import Testing

@testable import WebSockets

@Suite("A plan of faults")
struct FaultPlanTests {
    @Test(
        "as text",
        arguments: [
            ("50:reset", 50, FaultPlan.Failure.reset), ("1:drop", 1, .drop), ("7:timeout", 7, .timeout),
        ])
    func text(text: String, every: Int, failure: FaultPlan.Failure) throws {
        var plan = FaultPlan()
        try plan.setFailure(text)
        #expect(plan == FaultPlan(failEvery: every, failure: failure))
    }

    @Test(
        "text that is something else",
        arguments: ["", "50", "50:", ":reset", "0:reset", "-1:reset", "50:explode", "50:reset:", "x:drop", "50: reset"])
    func noText(text: String) throws {
        var plan = FaultPlan(failEvery: 3)
        let error = #expect(throws: FaultPlanError.self) { try plan.setFailure(text) }
        #expect(try #require(error).description.contains("write EVERY:FAILURE, such as 50:reset"))
        #expect(plan == FaultPlan(failEvery: 3))
    }

    @Test("without a seed it is the last of each group, with one it is drawn")
    func place() {
        #expect(FaultPlan(delay: .seconds(1)).messagesBeforeFailure == nil)
        var plan = FaultPlan(failEvery: 50)
        #expect((0..<9).allSatisfy { ordinal in plan.at(ordinal) == 49 })
        plan.seed = 7
        let drawn = (0..<1000).map { plan.at($0) }
        #expect(drawn == (0..<1000).map { plan.at($0) })
        // The same on every machine and in every version, or a recorded seed would be worthless.
        #expect(drawn.prefix(5) == [36, 7, 43, 47, 5])
        // Every place is drawn, none much more often than the others.
        for place in 0..<50 {
            let count = drawn.count { $0 == place }
            #expect((4...50).contains(count), "\(place): \(count)")
        }
        plan.seed = 8
        #expect(drawn != (0..<1000).map { plan.at($0) })
    }

    @Test func validity() {
        #expect(FaultPlan(delay: .zero, failEvery: 1).isValid)
        #expect(!FaultPlan(delay: .milliseconds(-1)).isValid)
        #expect(!FaultPlan(failEvery: 0).isValid)
    }
}

extension FaultPlan {
    fileprivate func at(_ ordinal: UInt64) -> Int? {
        var plan = self
        plan.ordinal = ordinal
        return plan.messagesBeforeFailure
    }
}
