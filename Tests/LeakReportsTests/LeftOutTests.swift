import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("Rows that were left out")
struct LeftOutTests {
    private func notes(firstPing: Double?, watched: Double, leftOut: [String]?) -> [String] {
        var stay = CheckResult.Stay()
        stay.watchedSeconds = watched
        stay.firstPingSeconds = firstPing
        stay.leftOut = leftOut
        stay.longestSeconds = leftOut == nil ? nil : 1.8
        var result = sampleResult
        result.stay = stay
        return result.allNotes.filter { $0.contains("not driven") }
    }

    @Test("a note names them, says what is known of the heartbeat, and what to do")
    func words() {
        let seen = notes(firstPing: 20, watched: 75, leftOut: ["idle/pong", "idle/no-pong"])
        #expect(
            seen == [
                "idle/no-pong, idle/pong: not driven, because the first Ping comes after 20.00 s, and the time allows peers of "
                    + "these rows to stay for 1.80 s: hold peers for longer than the heartbeat takes, or give it more time"
            ])
        #expect(
            notes(firstPing: nil, watched: 75, leftOut: ["idle/pong"]).first?.contains("no Ping came within 75 s")
                == true)
        #expect(
            notes(firstPing: nil, watched: 0, leftOut: ["idle/pong"]).first?.contains("no Ping was waited for") == true)
    }

    @Test("nothing is said where none was")
    func none() { #expect(notes(firstPing: 20, watched: 75, leftOut: nil).isEmpty) }
}
