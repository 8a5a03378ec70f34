import SystemCalls
import TestSupport
import Testing

@testable import Sockets

@Suite("Deadlines: a heap that knows where each entry stands")
struct DeadlinesTests {
    @Test("set, move, remove and pop agree with a sorted array", arguments: [1, 2, 3, 4, 5] as [UInt64])
    func againstModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var deadlines = Deadlines()
        let entries = (0..<200).map { _ in Timed() }
        var model: [Int: Int64] = [:]
        for _ in 0..<20_000 {
            let index = Int.random(in: entries.indices, using: &random)
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let moment = Int64.random(in: 0..<500, using: &random)
                deadlines.set(entries[index], to: MonotonicTime(nanoseconds: moment))
                model[index] = moment
            case 5..<7:
                deadlines.set(entries[index], to: .never)
                model[index] = nil
            case 7..<9:
                let now = Int64.random(in: 0..<300, using: &random)
                let popped = deadlines.popDue(at: MonotonicTime(nanoseconds: now))
                let earliest = model.values.min()
                guard let popped else {
                    #expect(earliest.map { $0 > now } ?? true)
                    continue
                }
                let found = entries.firstIndex { $0 === popped }!
                #expect(model[found] == earliest && earliest! <= now)
                #expect(popped.deadline == .never)
                model[found] = nil
            default:
                guard let any = deadlines.popAny() else {
                    #expect(model.isEmpty)
                    continue
                }
                let found = entries.firstIndex { $0 === any }!
                #expect(model[found] != nil)
                model[found] = nil
            }
            guard deadlines.count == model.count else { break }
            #expect(deadlines.earliest.nanoseconds == model.values.min() ?? .max)
        }
        #expect(deadlines.count == model.count)
        for (index, moment) in model { #expect(entries[index].deadline.nanoseconds == moment) }
        var last = Int64.min
        while let due = deadlines.popDue(at: .never) {
            let found = entries.firstIndex { $0 === due }!
            #expect(model[found]! >= last)
            last = model[found]!
        }
        #expect(deadlines.count == 0 && deadlines.earliest == .never)
    }

    @Test("an entry that is removed is let go of, and a burst shrinks back to nothing")
    func letsGo() {
        var deadlines = Deadlines()
        weak var watched: Timed?
        do {
            let burst = (0..<5_000).map { _ in Timed() }
            watched = burst[2_500]
            for (index, timed) in burst.enumerated() {
                deadlines.set(timed, to: MonotonicTime(nanoseconds: Int64((index * 7919) % 5_000)))
            }
            #expect(deadlines.count == 5_000)
            for timed in burst { deadlines.set(timed, to: .never) }
        }
        #expect(deadlines.count == 0)
        #expect(watched == nil)
    }
}
