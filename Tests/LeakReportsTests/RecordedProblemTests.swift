import Causes
import Foundation
import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck
@testable import LeakReports

/// What a record and a report keep of what a user can do.
@Suite("Problems in records and reports")
struct RecordedProblemTests {
    private static let refused: Problem =
        "refused: HTTP 401 Unauthorized\(remedies: .showCredentials(orOrigin: false))"
    private static let refusedWords = "refused: HTTP 401 Unauthorized: give the credentials, with --header or --query"
    private static let unread: Problem =
        "process 7 has no inspector\(remedies: .outside("start it so"), .goWithoutHeap)"
    private static let unreadWords =
        "process 7 has no inspector: start it so, or go without with --heap none"
    private static let lost: Problem = "it has exited\(remedies: .checkRunning([9])); its last output:\n    bye"
    private static let lostWords = "it has exited: check process 9 by URL and --pid; its last output:\n    bye"

    /// A check that ran into all of them, with its record.
    private static func recorded() throws -> (result: CheckResult, lines: [String]) {
        var row = RowMeasurement(.fin)
        row.connections.firstProblem = refused
        row.probeFailures[.liveHeap] = unread
        row.failure = .neverCame(problem: refused)
        let header = CheckRecord.Header(
            startedAt: "2026-03-01T12:00:00Z", seed: 7, budgetSeconds: 60, concurrency: 16, target: "serve",
            runtime: "node", collectsLazily: false, descriptorLimit: 1024, isolation: .sharedProcess,
            notes: ["the live heap is not read: \(unread)", "plain"],
            rows: [CheckRecord.Row(lifecycle: "fin", compressed: false)])
        var lines = try [.header(header), .row(CheckRecord.RowFacts(row))].map(RecordLine.render)
        var result = try read(lines).judged()
        result.interruption = .targetLost(lost)
        result.rows[0].resources[1].reason = .unread(problem: unread)
        result.rows[0].resources[2].reason = .fewCompleted(share: 0.5, problem: refused)
        lines.append(try RecordLine.render(.end(CheckRecord.End(result))))
        return (result, lines)
    }

    private static func read(_ lines: [String]) throws -> CheckRecord {
        try RecordReader.read(Array(lines.joined().utf8))
    }

    @Test("a record brings every remedy back")
    func carried() throws {
        let (result, lines) = try Self.recorded()
        let record = try Self.read(lines)
        let again = record.recorded
        #expect(again.interruption == .targetLost(Self.lost) && again.notes == result.notes)
        #expect(again.notes[0].remedies == Self.unread.remedies)
        #expect(again.rows[0].connections.firstProblem == Self.refused)
        #expect(record.facts["fin"]?.unread?["liveHeap"] == Self.unread)
        #expect(
            again.rows[0].resources.map(\.reason) == [
                .failed(.neverCame(problem: Self.refused), grewBefore: false), .unread(problem: Self.unread),
                .fewCompleted(share: 0.5, problem: Self.refused),
            ])
        #expect(try JSONReport.render(again) == JSONReport.render(result))
    }

    /// As much of a line as an earlier version reads, for which each problem is a string.
    private struct EarlierLine: Decodable {
        struct Connections: Decodable {
            var firstProblem: String?
        }
        var notes: [String]?
        var connections: Connections?
        var unread: [String: String]?
        var targetLost: String?
    }

    @Test("an earlier version reads the same sentences as ever")
    func earlierReader() throws {
        let lines = try Self.recorded().lines.map {
            try JSONDecoder().decode(EarlierLine.self, from: Data($0.utf8))
        }
        #expect(lines[0].notes == ["the live heap is not read: \(Self.unreadWords)", "plain"])
        #expect(lines[1].connections?.firstProblem == Self.refusedWords)
        #expect(lines[1].unread == ["liveHeap": Self.unreadWords])
        #expect(lines[2].targetLost == Self.lostWords)
    }

    @Test("the record of an earlier version, and of a later one with remedies that nobody knows yet, keep their words")
    func otherWriters() throws {
        let lines = try Self.recorded().lines
        let key = "\"problems\":"
        #expect(lines.allSatisfy { $0.contains(key) })
        for text in [
            lines.map { $0.replacing(key, with: "\"unknown\":") },
            lines.map { $0.replacing("\"remedies\":", with: "\"newer\":") },
        ] {
            let result = try Self.read(text).recorded
            #expect(result.rows[0].connections.firstProblem == Problem(Self.refusedWords))
            #expect(result.interruption == .targetLost(Problem(Self.lostWords)))
            #expect(try JSONReport.render(result) == JSONReport.render(Self.recorded().result))
        }
    }

    @Test("every report has the words")
    func reported() throws {
        let result = try Self.recorded().result
        let text = TextReport(result, usesColour: false).render()
        for words in [Self.refusedWords, "the live heap is not read: \(Self.unreadWords)", Self.lostWords] {
            #expect(text.contains(words), "\(text)")
        }
        let json = try JSONReport.render(result)
        #expect(json.contains("\"firstProblem\" : \"\(Self.refusedWords)\""))
        #expect(json.contains("\"problem\" : \"\(Self.unreadWords)\""), "the reason's own")
    }

    @Test("what is missing of causes is said in the words of the command line")
    func explained() {
        let note: Problem = "the lines are told of a program that the check starts\(remedies: .giveCommand)"
        var row = sampleResult.rows[0]
        row.explanation = .init(failure: .init(Self.unread, remedy: "look elsewhere"))
        #expect(row.explanation?.worded.failure?.description == "\(Self.unreadWords); look elsewhere")
        row.explanation?.note = note
        #expect(row.explanation?.worded.note?.description.hasSuffix(": give the command after --") == true)
    }
}
