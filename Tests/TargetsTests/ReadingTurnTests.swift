import SystemCalls
import Testing

@testable import Targets

@Suite("When a costly gauge is read next")
struct ReadingTurnTests {
    private let start = MonotonicTime(nanoseconds: 0)

    @Test("at first at once, then not before twice its cost has passed")
    func cost() {
        var turn = ReadingTurn()
        #expect(turn.isDue(at: start, connections: 0))
        turn.didRead(from: start, to: start + .seconds(1), connections: 10)
        #expect(turn.cost == .seconds(1))
        #expect(!turn.isDue(at: start + .milliseconds(2900), connections: 11))
        #expect(turn.isDue(at: start + .seconds(3), connections: 11))
    }

    @Test("with a share of a hundredth, not before ninety-nine times its cost")
    func rare() {
        var turn = ReadingTurn(share: 0.01)
        #expect(turn.isDue(at: start, connections: 0))
        turn.didRead(from: start, to: start + .milliseconds(20), connections: 0)
        #expect(!turn.isDue(at: start + .milliseconds(1990), connections: 0))
        #expect(turn.isDue(at: start + .milliseconds(2010), connections: 0))
    }

    @Test("a reading that the machine held up does not put off the next, but readings that stay slow do")
    func heldUp() {
        var turn = ReadingTurn(share: 0.01)
        var now = start
        func read(_ seconds: Double) -> Bool {
            turn.didRead(from: now, to: now + .seconds(seconds), connections: 0)
            now = now + .seconds(seconds)
            return turn.isDue(at: now + .seconds(2), connections: 0)
        }
        // The cold start of a program that is asked again and again.
        #expect(!read(6))
        #expect(read(0.02) && read(0.02))
        #expect(read(6))
        #expect(turn.cost == .seconds(6))
        #expect(read(0.02) && read(0.02) && read(0.02))
        #expect(read(6) && read(6))
        #expect(!read(6))
        #expect(
            !turn.isDue(at: now + .seconds(593), connections: 0) && turn.isDue(at: now + .seconds(595), connections: 0))
    }

    @Test("whatever it costs, with each ninth more connections, from 500 on")
    func share() {
        var turn = ReadingTurn()
        turn.didRead(from: start, to: start + .seconds(1000), connections: 300)
        let soon = start + .seconds(1001)
        #expect(!turn.isDue(at: soon, connections: 499) && turn.isDue(at: soon, connections: 500))
        turn.didRead(from: start, to: start + .seconds(1000), connections: 900)
        #expect(!turn.isDue(at: soon, connections: 999) && turn.isDue(at: soon, connections: 1000))
        #expect(!turn.isDue(at: soon, connections: 900))
    }

    @Test("the second half of a row has several readings however slow they are")
    func halves() {
        var turn = ReadingTurn()
        var readings: [Int] = []
        for connections in stride(from: 0, through: 2000, by: 20) where turn.isDue(at: start, connections: connections)
        {
            turn.didRead(from: start, to: start + .seconds(60), connections: connections)
            readings.append(connections)
        }
        #expect(readings.count { $0 > 1000 } >= 5, "\(readings)")
    }
}
