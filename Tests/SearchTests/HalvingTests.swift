import Lifecycles
import Testing

@testable import Search

@Suite("Halving and leaving out")
struct HalvingTests {
    private let scripts = (0..<64).map { SearchScript([.holdFor(.milliseconds($0)), .leaveWithFIN]) }

    @Test("one of 64 is found in at most twelve trials", arguments: [0, 1, 31, 32, 63])
    func one(at index: Int) {
        var halving = Halving(scripts, amount: 1)
        var trials = 0
        while let next = halving.next {
            trials += 1
            halving.did(next.contains(scripts[index]) ? 1 : nil)
        }
        #expect(halving.one == scripts[index] && trials <= 12 && halving.others.isEmpty)
    }

    @Test("where both halves show it, the other is kept for later")
    func both() {
        var halving = Halving(scripts, amount: 2)
        while let next = halving.next {
            let count = [scripts[3], scripts[60]].count { next.contains($0) }
            halving.did(count > 0 ? Double(count) : nil)
        }
        #expect(halving.one == scripts[3] && halving.others.count == 1 && halving.others[0].contains(scripts[60]))
    }

    @Test("what only the whole group shows cannot be halved")
    func together() {
        var halving = Halving(scripts, amount: 1)
        while halving.next != nil { halving.did(nil) }
        #expect(halving.hasFailed && halving.one == nil)
    }

    @Test(
        "what is needed is left, whatever stands around it",
        arguments: [[3, 8], [0], [9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], []])
    func deltaDebugging(needed: [Int]) {
        var removal = DeltaDebugging(Array(0..<10))
        var trials = 0
        while let next = removal.next, trials < 200 {
            trials += 1
            removal.did(Set(needed).isSubset(of: next))
        }
        #expect(removal.elements == needed && trials < 60)
    }

    @Test("two neighbours that can only go together are left out together")
    func neighbours() {
        var removal = DeltaDebugging(["a", "b", "c", "d", "e"])
        while let next = removal.next {
            removal.did(next.contains("e") && next.contains("b") && next.contains("c") == next.contains("d"))
        }
        #expect(removal.elements == ["b", "e"])
    }

    @Test("steps are left out first, then each is made simpler, and nothing that is not allowed is tried")
    func shrinking() {
        let script = SearchScript([
            .sendRequest, .awaitUpgrade, .sendMessages(5, bytes: 4096), .sendPings(20), .holdFor(.milliseconds(100)),
            .send(Template("{\"type\":\"x\"}")), .leaveWithReset,
        ])
        var shrinker = Shrinker(script)
        while let next = shrinker.next() {
            #expect(next.isAllowed)
            shrinker.did(
                next.steps.contains { if case .sendPings = $0 { true } else { false } }
                    && next.steps.last?.isLeaving == true)
        }
        #expect(shrinker.script.steps == [.sendRequest, .awaitUpgrade, .sendPings(1), .leaveWithFIN])
        #expect(shrinker.script.concurrency == 1 && shrinker.tried < 40)
    }
}
