import Foundation
import Remedies
import Testing

@Suite("Problems")
struct ProblemTests {
    private struct Failure: Error, Problematic, CustomStringConvertible {
        let problem: Problem
        var description: String { problem.description }
    }

    private let missing: Problem = "process \(7) has no inspector\(remedies: .outside("start it so"), .goWithoutHeap)"

    @Test("a sentence has its words and its remedies apart")
    func parts() {
        #expect(
            missing.pieces == [
                .words("process 7 has no inspector"),
                .remedies([.outside("start it so"), .goWithoutHeap], after: .answer),
            ])
        #expect(missing.remedies == [.outside("start it so"), .goWithoutHeap])
        #expect("\(missing)" == "process 7 has no inspector")
        #expect(Problem("").isEmpty && !missing.isEmpty)
    }

    @Test("what has a problem takes its remedies along, whatever the compiler knows of it")
    func carried() {
        let error: any Error = Failure(problem: missing)
        for problem: Problem in [
            "not read: \(missing); its last output", "not read: \(Failure(problem: missing)); its last output",
            "not read: \(error); its last output", "not " + "read: \(missing)" + "; its last output",
        ] {
            #expect(problem.remedies == missing.remedies)
            #expect(problem.pieces.first == .words("not read: process 7 has no inspector"))
            #expect(problem.pieces.last == .words("; its last output"))
        }
    }

    @Test("words next to words are one part, so that the same sentence is the same problem")
    func same() {
        #expect("a \("b") c" as Problem == Problem("a b c"))
        #expect(Problem([.words("a"), .words(""), .words("b")]).pieces == [.words("ab")])
    }

    @Test("without a table it is coded as its words; with one it comes back as it was")
    func coded() throws {
        #expect(try String(decoding: JSONEncoder().encode([missing]), as: UTF8.self) == "[\"\(missing)\"]")
        let encoder = JSONEncoder()
        let written = ProblemTable { "\($0), or so" }
        encoder.userInfo[ProblemTable.key] = written
        let plain: Problem = "nothing helps"
        let text = try encoder.encode([missing, plain])
        #expect(
            try JSONDecoder().decode([String].self, from: text) == ["\(missing), or so", "nothing helps, or so"],
            "whoever knows of strings only has all words")
        #expect(written.entries == ["\(missing), or so": missing.pieces], "what is words alone needs no entry")
        let decoder = JSONDecoder()
        let read = ProblemTable(\.description)
        read.add(try JSONDecoder().decode([String: [Problem.Piece]].self, from: JSONEncoder().encode(written.entries)))
        decoder.userInfo[ProblemTable.key] = read
        #expect(try decoder.decode([Problem].self, from: text) == [missing, "nothing helps, or so"])
    }
}
