import Glibc
import Sockets
import Subprocesses
import SystemCalls
import TestSupport
import Testing

@testable import WatertightTesting

@Suite("Every test of a program, by a variable")
struct EveryTestTests {
    @Test("the variable gives the number of runs, or what is wrong with it is said")
    func number() throws {
        #expect(try EveryTest.runs("25") == 25)
        for text in ["", "0", "-3", "many", "2.5", "99999999999999999999"] {
            let misuse = #expect(throws: EveryTest.Misuse.self) { try EveryTest.runs(text) }
            #expect(misuse?.description.contains("WATERTIGHT_LEAK_FREE=\(text): give the number of runs") == true)
        }
    }

    @Test("a test is checked once: its own trait stays, suites get none, and limits of one run go")
    func traits() throws {
        let plain: [any Trait] = [.timeLimit(.minutes(1)), .enabled(if: true)]
        let test = EveryTest.changed(plain, isSuite: false, runs: 30)
        #expect(test.count == 2)
        let added = try #require(test.last as? LeakFreeTrait)
        #expect(added.runs == 30 && added.isForEveryTest)
        let own = try #require(EveryTest.changed([.leakFree(runs: 12)], isSuite: false, runs: 30) as? [LeakFreeTrait])
        #expect(own.map(\.runs) == [12])
        #expect(EveryTest.changed(plain, isSuite: true, runs: 30).count == 1)
    }
}

@Suite("What checks say of their time")
struct LeakCheckLedgerTests {
    private func ledger(_ entries: [(String, waited: Double, took: Double)]) -> LeakCheckLedger {
        var ledger = LeakCheckLedger()
        for (name, waited, took) in entries {
            ledger.add(.init(name: name, waited: .seconds(waited), took: .seconds(took)))
        }
        return ledger
    }

    @Test("the time of waiting is told apart, where there was any")
    func waiting() {
        #expect(ledger([]).report(ofEveryTest: false) == nil)
        #expect(ledger([("a", 0.1, 3)]).report(ofEveryTest: false) == nil)
        #expect(
            ledger([("a", 0, 3), ("b", 3, 2.04)]).report(ofEveryTest: false)
                == "leak checks: 2 in 5.0 s, one at a time; the times of their tests include what they waited for each other, up to 3.0 s"
        )
    }

    @Test("the slowest are named where every test is checked")
    func slowest() {
        #expect(ledger([]).report(ofEveryTest: true) == "leak checks: none, for no test ran")
        #expect(
            ledger([("a", 0, 1), ("b", 0.5, 2)]).report(ofEveryTest: true)
                == "leak checks: 2 in 3.0 s, one at a time\n    2.0 s  b\n    1.0 s  a")
        let many = ledger((0..<12).map { ("t\($0)", 0, Double($0)) }).report(ofEveryTest: true)
        #expect(many?.hasSuffix("    2.0 s  t2\n    and 2 that took less") == true)
    }
}

/// This program again, with the variable.
@Suite("Every test of a program, in a program", .serialized, .timed)
struct EveryTestRuns {
    private func run(_ runs: String, only filter: String) async throws -> ExecutionResult {
        let program = try #require(FilePath.ofProcess)
        return try await Subprocess.run(
            [program, "--testing-library", "swift-testing", "--filter", filter],
            environment: [EveryTest.variable: runs, fixtureVariable: "1"], within: .seconds(600))
    }

    @Test("a test that leaks fails, the others run as often and pass, and the times are said")
    func leaks() async throws {
        let result = try await run("10", only: "EveryTestFixture")
        let said = String(decoding: result.errors, as: UTF8.self)
        #expect(result.status.exitCode == 1)
        for expected in [
            "each run leaves something behind", "Test \"keeps a socket\" failed", "Test \"keeps nothing\" passed",
            "Test \"is checked in itself\" passed", "leak checks: 3 in ",
            "WatertightTestingTests.EveryTestFixture/leak()",
        ] {
            #expect(said.contains(expected), "\(said)")
        }
    }

    @Test("a value that is no number ends the program before a test runs")
    func misuse() async throws {
        let result = try await run("many", only: "EveryTestFixture")
        #expect(result.status.exitCode == EX_USAGE)
        #expect(result.outputTail.contains("WATERTIGHT_LEAK_FREE=many: give the number of runs"))
    }
}

private enum FilePath {
    /// The program of this process.
    static var ofProcess: String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
}

private let fixtureVariable = "EVERY_TEST_FIXTURE"

/// Tests that know nothing of leak checks, run by the tests above alone.
@Suite("What any program has of tests", .serialized, .enabled(if: getenv(fixtureVariable) != nil))
struct EveryTestFixture {
    static let planted = Planted()
    static let runs = Locked(0)

    @Test("keeps nothing", .timeLimit(.minutes(1)))
    func clean() throws {
        try OwnedDescriptor.listening(on: .loopback(port: 0)).close()
    }

    @Test("keeps a socket")
    func leak() throws {
        Self.planted.keep(try OwnedDescriptor.listening(on: .loopback(port: 0)))
    }

    @Test("is checked in itself")
    func nested() async throws {
        try await expectNoLeaks(connections: 40) { Self.runs.withLock { $0 += 1 } }
        // The outer check runs the body of this one once for each run of its own.
        #expect(Self.runs.withLock { $0 } < 100)
    }
}
