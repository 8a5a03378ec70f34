import LeakStatistics
import Lifecycles
import Remedies
import Testing

@testable import LeakCheck
@testable import LeakReports

@Suite("Record")
struct RecordTests {
    /// The lines of a check in which `fin` leaked a descriptor for each connection and `reset` was not reached.
    func lines(confirmed: Bool = true) throws -> [String] {
        let header = CheckRecord.Header(
            startedAt: "2026-03-01T12:00:00Z", seed: 7, budgetSeconds: 60, concurrency: 16, target: "serve\u{0}",
            runtime: "native", collectsLazily: false, descriptorLimit: 20_000, isolation: .sharedProcess,
            notes: ["a note"],
            rows: [
                CheckRecord.Row(lifecycle: "fin", compressed: false, reproducer: "watertight check"),
                CheckRecord.Row(lifecycle: "reset/open", compressed: true),
            ])
        var run = RowMeasurement(.fin)
        var entries = [CheckRecord.Entry.header(header)]
        for block in 0...(confirmed ? 24 : 14) {
            run.samples.append(
                CheckResult.Sample(
                    lifecycle: "fin", connections: (block - (block > 14 ? 1 : 0)) * 100, seconds: Double(block),
                    phase: block < 15 ? .measure : block == 15 ? .pause : .confirm,
                    descriptors: 10 + (block - (block > 14 ? 1 : 0)) * 100, threads: 4, privateMemory: 5_000_000,
                    residentMemory: 9_000_000))
            run.connections.attempted = run.completed
            run.connections.completed = run.completed
            entries += [.sample(run.samples[block]), .row(CheckRecord.RowFacts(run))]
        }
        if confirmed {
            run.tcpStatesAtEnd = ["CLOSE_WAIT": 2300]
            run.releasedWithin[.threads] = 3
            entries.append(.row(CheckRecord.RowFacts(run)))
        }
        return try entries.map(RecordLine.render)
    }

    private func read(_ lines: [String]) throws -> CheckRecord { try RecordReader.read(Array(lines.joined().utf8)) }

    private func problem(_ text: String) -> RecordReader.Failure? {
        do throws(RecordReader.Failure) {
            _ = try RecordReader.read(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test("samples are judged as they were when they were taken")
    func judged() throws {
        let result = try read(lines()).judged()
        #expect(result.rows.map(\.lifecycle.label) == ["fin", "reset/open+deflate"])
        let leak = result.rows[0].resources[0]
        #expect(leak.verdict == .leak && leak.perConnection == 1 && leak.tcpStates == ["CLOSE_WAIT": 2300])
        #expect(result.rows[0].resources[1].releasedWithinSeconds == 3)
        #expect(result.rows[1].resources.allSatisfy { $0.verdict == .inconclusive })
        #expect(result.rows[0].reproducer == "watertight check")
        #expect(result.seed == 7 && result.notes == ["a note"] && result.target == "serve\u{0}")
        #expect(result.interruption == .interrupted, "there is no end")
    }

    @Test("a result that was reported comes back as it was, also where it would be judged otherwise today")
    func recorded() throws {
        var result = try read(lines()).judged()
        result.interruption = .targetLost("process 7 has exited")
        result.rows[0].resources[0].verdict = .inconclusive
        result.startSeconds = 7
        let record = try read(lines() + [RecordLine.render(.end(CheckRecord.End(result)))])
        #expect(try JSONReport.render(record.recorded) == JSONReport.render(result))
        #expect(record.recorded.startSeconds == 7, "advice depends on it")
        #expect(record.judged().rows[0].resources[0].verdict == .leak)
    }

    @Test("a check killed in any line before its pause leaves a record of what was measured")
    func killed() throws {
        let lines = try lines(confirmed: false)
        let text = lines.joined()
        let afterHeader = lines[0].utf8.count
        for count in stride(from: afterHeader, through: text.utf8.count, by: 97) {
            let record = try RecordReader.read(Array(text.utf8.prefix(count)))
            #expect(record.recorded.interruption == .interrupted)
            #expect(record.recorded.verdict == .inconclusive)
        }
        #expect(try read(lines).samples.count == 15)
    }

    @Test(
        "what is no record is told from one, with the line",
        arguments: [
            ("", 1, "no whole line"), ("half a line", 1, "no whole line"), ("root:x:0:0\n", 1, "no record of a check"),
            ("{\"schema\":\"watertight.check/1\"}\n", 1, "no record of a check"),
            (
                "{\"schema\":\"watertight.record/2\"}\n", 1,
                "schema watertight.record/2, and this version reads watertight.record/1"
            ),
            ("{\"schema\":\"watertight.record/1\",\"kind\":\"header\"}\n", 1, "is missing"),
            ("\u{0}\u{1}\n\n", 1, "no record"),
        ])
    func foreign(text: String, line: Int, words: String) throws {
        let failure = try #require(problem(text))
        #expect(failure.line == line && failure.problem.contains(words), "\(failure)")
    }

    @Test("a line that cannot belong to the record is named")
    func corrupt() throws {
        let lines = try lines()
        let end = try RecordLine.render(.end(CheckRecord.End(try read(lines).judged())))
        func changed(_ index: Int, _ old: String, _ new: String) -> String {
            var lines = lines
            #expect(lines[index].contains(old), "\(lines[index])")
            lines[index] = lines[index].replacing(old, with: new)
            return lines.joined()
        }
        let cases: [(String, Int, String)] = [
            (changed(4, "{", "("), 5, "no line of a record"),
            (changed(3, "\"threads\":4", "\"threads\":\"4\""), 4, "threads"),
            (changed(5, "\"kind\":\"sample\"", "\"kind\":\"simple\""), 6, "kind"),
            (changed(5, "\"lifecycle\":\"fin\"", "\"lifecycle\":\"nonesuch\""), 6, "names no row \"nonesuch\""),
            (changed(5, "\"connections\":200", "\"connections\":50"), 6, "only grow"),
            (changed(5, "\"descriptors\":210", "\"descriptors\":-1"), 6, "no less than nothing"),
            (changed(32, "\"pauseIndex\":14", "\"pauseIndex\":99"), 33, "sample that the record does not have"),
            (changed(0, "\"lifecycle\":\"fin\"", "\"lifecycle\":\"nonesuch\""), 1, "no lifecycle \"nonesuch\""),
            (
                changed(
                    0, "\"compressed\":true,\"lifecycle\":\"reset/open\"", "\"compressed\":false,\"lifecycle\":\"fin\""),
                1, "twice"
            ),
            (lines.joined() + lines[0], lines.count + 1, "second header"),
            (lines.joined() + end + lines[1], lines.count + 2, "nothing may follow"),
            (lines.joined() + "\n" + end, lines.count + 1, "no line of a record"),
        ]
        for (text, line, words) in cases {
            let failure = try #require(problem(text), "\(words)")
            #expect(failure.line == line && failure.problem.contains(words), "\(failure); expected \(line): \(words)")
        }
    }
}
