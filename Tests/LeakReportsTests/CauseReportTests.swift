import Causes
import Foundation
import LeakCheck
import LeakStatistics
import Lifecycles
import Testing

@testable import LeakReports

@Suite("Causes in the reports")
struct CauseReportTests {
    private static let session: Cause = {
        var cause = Cause(.heldObject, "Session", countsPerConnection: [1, 1], bytesPerConnection: 160)
        cause.holders = [
            HolderStep("registry", "Registry", at: CodeLocation(file: "/work/app/src/server.js", line: 11)),
            HolderStep(".sessions", "Map"),
        ]
        return cause
    }()

    @Test("a line for each kind of cause")
    func lines() {
        #expect(
            CauseText.line(Self.session)
                == "+1.00 Session (160 B), held by registry: Registry → .sessions: Map, server.js:11")
        var task = Cause(.task, "Task wait", countsPerConnection: [0.1, 0.1], bytesPerConnection: 12_000)
        task.site = [
            CodeFrame("get", at: CodeLocation(file: "/usr/lib/python3.11/asyncio/queues.py", line: 158)),
            CodeFrame("wait", at: CodeLocation(file: "app.py", line: 27)),
        ]
        task.holders = [HolderStep("tasks", "set", at: CodeLocation(file: "app.py", line: 3))]
        #expect(CauseText.line(task) == "+0.10 Task wait (11.7 KiB) at wait app.py:27, held by tasks, a set, app.py:3")
        var goroutine = Cause(.goroutine, "goroutine main.pump (chan receive)", countsPerConnection: [1, 1])
        goroutine.site = [
            CodeFrame("runtime.gopark", at: CodeLocation(file: "/usr/lib/go-1.19/src/runtime/proc.go", line: 363)),
            CodeFrame("main.pump", at: CodeLocation(file: "/srv/main.go", line: 8)),
            CodeFrame("created by main.leak", at: CodeLocation(file: "/srv/main.go", line: 20)),
        ]
        #expect(
            CauseText.line(goroutine)
                == "+1.00 goroutine main.pump (chan receive) at main.pump main.go:8 < created by main.leak main.go:20")
        var allocation = Cause(.allocation, "Session", countsPerConnection: [1, 1], bytesPerConnection: 40)
        allocation.site = [CodeFrame("new", at: CodeLocation(file: "server.rb", line: 17))]
        #expect(CauseText.line(allocation) == "+1.00 Session (40 B) allocated at new server.rb:17")
        var thread = Cause(.thread, "thread pump-#", countsPerConnection: [1, 1])
        thread.site = [CodeFrame("created by start", at: CodeLocation(file: "pump.c", line: 3))]
        #expect(CauseText.line(thread) == "+1.00 thread pump-# created by start pump.c:3")
        thread.site.insert(CodeFrame("wait", at: CodeLocation(file: "pump.c", line: 9)), at: 0)
        #expect(CauseText.line(thread) == "+1.00 thread pump-# at wait pump.c:9 < created by start pump.c:3")
        var frame = Cause(.heldObject, "dict", countsPerConnection: [5, 5])
        frame.holders = [HolderStep("the interpreter", "")]
        #expect(CauseText.line(frame) == "+5.00 dict, held by the interpreter")
    }

    @Test("a chain that is too long for a line is cut in its middle")
    func longChain() {
        var cause = Self.session
        cause.holders = (1...8).map { HolderStep(".a\($0)", "T") }
        #expect(CauseText.line(cause).hasSuffix("held by .a1: T → .a2: T → .a3: T → … → .a7: T → .a8: T"))
    }

    @Test("what is said of all causes, of none, and of a failure")
    func whole() {
        var explanation = Explanation(
            source: "an agent", connections: [500, 500], causes: Array(repeating: Self.session, count: 7))
        explanation.explainedShare = 0.874
        let lines = CauseText(explanation).lines
        #expect(lines.count == 7 && lines[5] == "and 2 more, which are smaller")
        #expect(lines[6] == "together 87% of the leak, by an agent")
        let none = Explanation(source: "an agent", connections: [500, 500], causes: [])
        #expect(
            CauseText(none).lines
                == ["no cause was found: nothing that an agent can tell apart grew with the connections"])
        let failed = Explanation(failure: .init("it has no agent", remedy: "start it so"))
        #expect(CauseText(failed).lines == ["the cause could not be looked for: it has no agent; start it so"])
    }

    private static var result: CheckResult {
        var result = sampleResult
        let index = result.rows.firstIndex { row in row.resources.contains { $0.verdict == .leak } }!
        var explanation = Explanation(source: "an agent", connections: [500, 500], causes: [session])
        explanation.explainedShare = 1
        result.rows[index].explanation = explanation
        return result
    }

    @Test("every report tells the cause once")
    func reports() throws {
        let line = CauseText.line(Self.session)
        let text = TextReport(Self.result, usesColour: false).render()
        #expect(text.components(separatedBy: line).count == 2)
        let markdown = MarkdownReport.render(Self.result)
        #expect(markdown.components(separatedBy: "- \(MarkupText.markdown(line))").count == 2)
        let page = HTMLReport.render(Self.result)
        #expect(page.components(separatedBy: "<ol class=\"chain\"").count == 2 && page.contains("<b>.sessions</b> Map"))
        #expect(JUnitReport.render(Self.result).contains("cause: \(line.replacing("→", with: "→"))"))
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(JSONReport.render(Self.result).utf8)) as? [String: Any])
        let rows = try #require(json["results"] as? [[String: Any]])
        let explained = rows.compactMap { $0["explanation"] as? [String: Any] }
        #expect(explained.count == 1 && (explained[0]["causes"] as? [Any])?.count == 1)
    }

    @Test("an annotation stands at the line, in a file of the repository", arguments: [true, false])
    func annotation(isInRepository: Bool) throws {
        let text = GitHubAnnotations.render(Self.result, workspace: isInRepository ? "/work/app" : "/work/other")
        #expect(text.contains("::error file=src/server.js,line=11,title=leak") == isInRepository)
        #expect(text.contains("%0A+1.00 Session (160 B)"))
    }
}
