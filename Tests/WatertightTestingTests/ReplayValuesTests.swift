import Causes
import Testing

@testable import WatertightTesting

@Suite("What a replay is told, and by what it is started")
struct ReplayValuesTests {
    @Test("an order is read as it was written, and what is none is refused")
    func order() {
        let order = ReplayOrder(
            check: "Module/File.swift:3:5 17 1", load: ReplayLoad(warmUp: 20, runs: 40), lateness: .milliseconds(70),
            process: 12, reports: 3, commands: 4)
        #expect(ReplayOrder(order.text) == order)
        for text in ["", "a", "a\t1\t2\t3\t4\t5", "a\t1\t2\t3\t4\t5\tx", "a\t1\t2\t3\t4\t5\t-6"] {
            #expect(ReplayOrder(text) == nil)
        }
    }

    @Test("a case is known by its arguments, which a process writes as another does")
    func site() throws {
        let (one, other) = (
            "Case((unknown context at $7f138740e35c).Kind, 3)", "Case((unknown context at $55fe).Kind, 3)"
        )
        #expect(one.withoutAddresses == other.withoutAddresses)
        #expect(CheckSite.digest("") == 0xCBF2_9CE4_8422_2325 && CheckSite.digest("a") == 0xAF63_DC4C_8601_EC8C)
        func begin(_ line: Int) -> CheckSite {
            CheckSite.begin(at: SourceLocation(fileID: "M/F.swift", filePath: "/F.swift", line: line, column: 1))
        }
        let sites = [begin(1), begin(2), begin(1)]
        #expect(Set(sites).count == 3 && sites[0].key.hasSuffix(" 1") && sites[2].key.hasSuffix(" 2"))
    }

    private static func load(
        _ run: Duration, rates: [Double] = [], descriptors: Double = 0, limit: Int = 1024
    ) throws(Explanation.Failure) -> ReplayLoad {
        try ReplayLoad(runLasts: run, rates: rates, descriptors: descriptors, mostDescriptors: limit)
    }

    @Test("as many runs as tell a cause from noise, as fit into the time, and as leave room for descriptors")
    func runs() throws {
        #expect(try Self.load(.milliseconds(1)) == ReplayLoad(warmUp: 100, runs: 200))
        #expect(try Self.load(.milliseconds(1), rates: [1, 0.02]).runs == 500)
        #expect(try Self.load(.milliseconds(1), rates: [0.0001]).runs == 1000)
        #expect(try Self.load(.milliseconds(100)).runs == 60)
        #expect(try Self.load(.milliseconds(1), rates: [4], descriptors: 4).runs == 51)
    }

    @Test("runs that last too long, or leave too much, are not repeated, and why is said")
    func tooFew() {
        #expect { _ = try Self.load(.seconds(1)) } throws: { "\($0)".hasPrefix("a run takes 1000 ms") }
        #expect { _ = try Self.load(.milliseconds(1), rates: [100], descriptors: 100) } throws: {
            "\($0)".hasSuffix("raise its limit of open files, as with ulimit -n")
        }
    }

    @Test("a test is started by its name alone")
    func test() throws {
        let program = try ReplayProgram(
            executable: "/b/tests", test: "App.Suite/f(_:)/File.swift:3:5", variables: ["PATH=/bin"])
        #expect(
            program.arguments == [
                "/b/tests", "--testing-library", "swift-testing", "--no-parallel", "--filter",
                "^App.Suite.f.....File.swift.3.5$",
            ])
        #expect(program.environment["SWT_EXIT_TEST_ID"] == nil)
    }

    @Test("the body of an exit test is started as swift-testing did, and reports to nobody")
    func exitTest() throws {
        let program = try ReplayProgram(
            executable: "/b/tests", test: nil, variables: ["SWT_EXIT_TEST_ID=[1,2]", "SWT_BACKCHANNEL=9"])
        #expect(program.arguments == ["/b/tests", "--testing-library", "swift-testing"])
        #expect(program.environment["SWT_EXIT_TEST_ID"] == "[1,2]" && program.environment["SWT_BACKCHANNEL"] == "2")
    }

    @Test("without a test there is nothing to start")
    func nothing() {
        #expect { _ = try ReplayProgram(executable: "/b/tests", test: nil, variables: []) } throws: {
            "\($0)".hasPrefix("no test of swift-testing runs here")
        }
    }

    @Test("what the variable may say")
    func choice() throws {
        for value in [nil, "", "auto", "always"] { #expect(try ExplanationChoice.isWanted(value)) }
        #expect(try !ExplanationChoice.isWanted("never"))
        #expect { _ = try ExplanationChoice.isWanted("no") } throws: {
            "\($0)" == "WATERTIGHT_EXPLAIN is \"no\"; set it to auto, always or never"
        }
    }

    @Test("the frames of what runs a body are left out, and those without a line where others have one")
    func body() {
        let file = CodeLocation(file: "/b/tests")
        func frame(_ name: String, _ line: Int?) -> CodeFrame {
            CodeFrame(name, at: line.map { CodeLocation(file: "/s/A.swift", line: $0) } ?? file)
        }
        var cause = Cause(.allocation, "block", countsPerConnection: [1, 1])
        cause.site = [
            frame("App.Store.remember", 3), frame("thunk", nil), frame("closure #1 in AppTests.f", 9),
            frame("swift::runJobInEstablishedExecutorContext", nil), frame("Sockets.EventLoop.runJobs", 4),
        ]
        #expect(cause.withinBody.site.map(\.function) == ["App.Store.remember", "closure #1 in AppTests.f"])
        cause.site = [frame("closure #1 in AppTests.f", nil), frame("WatertightTesting.LeakSearch.measured", 7)]
        #expect(cause.withinBody.site.map(\.function) == ["closure #1 in AppTests.f"])
    }

    @Test("the issue tells the causes behind what was found, or why there is none")
    func text() {
        var result = LeakResult()
        result.findings = [LeakFinding(resource: .descriptors, interval: 1...1, leftOvers: [])]
        let found = "each run leaves something behind\n  descriptors: 1.00 for each run, 99% interval 1.00 to 1.00"
        #expect(result.problem == found)
        var cause = Cause(.descriptor, "device /dev/null", countsPerConnection: [1, 1])
        cause.site = [CodeFrame("App.open", at: CodeLocation(file: "/s/A.swift", line: 3))]
        result.explanation = Explanation(source: "the stacks", connections: [20, 20], causes: [cause])
        result.explanation?.explainedShare = 1
        #expect(
            result.problem == found + "\n  +1.00 device /dev/null opened at App.open A.swift:3"
                + "\n  together 100% of the leak, by the stacks")
        result.explanation = Explanation(failure: .init("nobody knows"))
        #expect(result.problem == found + "\n  the cause could not be looked for: nobody knows")
    }
}
