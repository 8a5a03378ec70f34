import Remedies
import Testing
import WebSocketProtocol

@testable import Lifecycles

@Suite("What an answer other than 101 means")
struct RefusalTests {
    @Test(
        "a status is told with what helps",
        arguments: [
            (200, ": that is a page and no WebSocket", [.correctPath]),
            (302, ": it leads elsewhere", [.outside("give the URL to which it leads")]),
            (401, "", [.showCredentials(orOrigin: false)]), (407, "", [.showCredentials(orOrigin: false)]),
            (403, "", [.showCredentials(orOrigin: true)]), (404, "", [.correctPath]), (410, "", [.correctPath]),
            (400, ": it wants another request", [.changeRequest]),
            (426, ": it wants another request", [.changeRequest]),
            (429, ": it is at a limit of its own", [.outside("raise that"), .lowerConcurrency]),
            (503, ": it is at a limit of its own", [.outside("raise that"), .lowerConcurrency]),
            (500, ": its own log may say why", []),
        ] as [(Int, String, [Remedy])])
    func status(status: Int, meaning: String, remedies: [Remedy]) {
        let refusal = ResponseHead(status: status, reason: "Some Words", fields: [:]).refusal
        #expect("\(refusal)" == "HTTP \(status) Some Words\(meaning)" && refusal.remedies == remedies)
        #expect(PeerOutcome.refused(refusal).problem?.remedies == remedies)
    }

    @Test("the first refusal of a drive keeps them, also with the step of an opening")
    func counted() {
        let refusal = ResponseHead(status: 401, reason: "Unauthorized", fields: [:]).refusal
        var (counts, notes) = (DriveCounts(), PeerNotes())
        notes.openingStep = 1
        notes.latestMessage = "no message came"
        counts.add(.refused(refusal), notes)
        counts.add(.broken("otherwise"), PeerNotes())
        for (problem, begin) in [(counts.firstProblem, "refused: "), (counts.openingProblem, "step 2: refused: ")] {
            #expect(
                problem?.pieces == [
                    .words("\(begin)HTTP 401 Unauthorized"),
                    .remedies([.showCredentials(orOrigin: false)], after: .answer), .words("; no message came"),
                ])
        }
    }
}
