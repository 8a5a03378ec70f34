import SystemCalls
import Testing

@testable import LeakCheck

@Suite("When a target has worked off a block")
struct SettlingTests {
    private static func moment(_ milliseconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    /// The first of 3,000 milliseconds at which it is over, for a target that is what `state` says at each.
    private func end(
        awaitsRest: Bool, isPatient: Bool = true, _ state: (Int) -> (waiting: Int, descriptors: Int, isBusy: Bool)
    ) -> (milliseconds: Int, isAtRest: Bool)? {
        var settling = Settling(control: 10, awaitsRest: awaitsRest, isPatient: isPatient, at: Self.moment(0))
        for milliseconds in 0..<3_000 {
            let (waiting, descriptors, isBusy) = state(milliseconds)
            let now = Self.moment(milliseconds)
            settling.note(waiting: waiting, descriptors: descriptors, isBusy: isBusy, at: now)
            if settling.isOver(at: now) { return (milliseconds, settling.isAtRest(at: now)) }
        }
        return nil
    }

    @Test("descriptors that are back end it at once, unless connections wait")
    func back() {
        #expect(end(awaitsRest: false) { _ in (0, 10, true) }?.milliseconds == 0)
        #expect(end(awaitsRest: false) { ($0 < 20 ? 1 : 0, 10, true) }?.milliseconds == 20)
    }

    @Test("descriptors that stay end it once they no longer change, or after 400 ms")
    func still() {
        #expect(end(awaitsRest: false) { (0, max(11, 30 - $0), false) }?.milliseconds == 50)
        #expect(end(awaitsRest: false) { (0, 1_000 + $0, false) }?.milliseconds == 400)
    }

    @Test("threads that still work are waited for where every object counts, even with all descriptors back")
    func busy() {
        let end = end(awaitsRest: true) { (0, 10, $0 < 120) }
        #expect(end?.milliseconds == 124 && end?.isAtRest == true)
    }

    @Test("a target that never rests is read after two seconds, and said to be restless")
    func restless() {
        let end = end(awaitsRest: true) { (0, 10, $0 % 4 == 0) }
        #expect(end?.milliseconds == 2_000 && end?.isAtRest == false)
        let known = self.end(awaitsRest: true, isPatient: false) { (0, 10, $0 % 4 == 0) }
        #expect(known?.milliseconds == 400 && known?.isAtRest == false)
    }
}
