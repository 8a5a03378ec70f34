import CTestRecords
import Glibc
import Testing

/// Makes every test of this program run as one with `.leakFree` does, where `WATERTIGHT_LEAK_FREE` gives the number of runs.
///
/// swift-testing finds tests by records, each with a function that makes one; ours stand before them.
enum EveryTest {
    /// The variable that says how often each test runs.
    static let variable = "WATERTIGHT_LEAK_FREE"

    /// The runs that the environment asks for, read once; ends the process where that is no number of runs.
    private static let runs: Int = {
        let text = getenv(variable).map { String(cString: $0) } ?? ""
        do {
            let runs = try runs(text)
            LeakCheckLedger.reportAtExit(ofEveryTest: true)
            if watertight_test_count() == UInt32(WATERTIGHT_MOST_TESTS) {
                ErrorOutput.write(
                    "\(variable): only \(WATERTIGHT_MOST_TESTS) tests of this program can be checked; give a --filter")
            }
            return runs
        } catch {
            ErrorOutput.write("\(error)")
            exit(EX_USAGE)
        }
    }()

    /// A value of the variable that is no number of runs.
    struct Misuse: Error, CustomStringConvertible {
        var text: String
        var description: String {
            "\(EveryTest.variable)=\(text): give the number of runs of each test, at least 1, as in \(EveryTest.variable)=25"
        }
    }

    /// The number that `text` gives.
    static func runs(_ text: String) throws(Misuse) -> Int {
        guard let runs = Int(text), runs > 0 else { throw Misuse(text: text) }
        return runs
    }

    /// What a record makes: a function that makes the test. As `Testing.Test.Generator` lies in memory.
    private struct Generator {
        var make: @concurrent @Sendable () async -> Test
    }

    /// Changes what the record of a test has made at `value`, if it is of the type that is known.
    static func change(_ value: UnsafeMutableRawPointer, of type: UnsafeRawPointer) {
        let type = type.load(as: Any.Type.self)
        let name = String(reflecting: type)
        guard name.hasPrefix("Testing.Test."), name.hasSuffix(".Generator"),
            size(of: type) == MemoryLayout<Generator>.size
        else {
            ErrorOutput.write(
                "\(variable): this version of swift-testing makes tests as \(name), which is not known"
            )
            exit(EX_UNAVAILABLE)
        }
        let generator = value.assumingMemoryBound(to: Generator.self)
        let (make, runs) = (generator.pointee.make, runs)
        generator.pointee.make = {
            var test = await make()
            test.traits = changed(test.traits, isSuite: test.isSuite, runs: runs)
            return test
        }
    }

    private static func size(of type: Any.Type) -> Int {
        func size<T>(_: T.Type) -> Int { MemoryLayout<T>.size }
        return _openExistential(type, do: size)
    }

    /// The traits of a test or a suite that is to be checked.
    ///
    /// One that has `.leakFree` keeps its own number of runs. Time limits go: they are for one run, and a test waits for others.
    static func changed(_ traits: [any Trait], isSuite: Bool, runs: Int) -> [any Trait] {
        let kept = traits.filter { !($0 is TimeLimitTrait) }
        return isSuite || kept.contains { $0 is LeakFreeTrait } ? kept : kept + [forEveryTest(runs: runs)]
    }
}

extension EveryTest {
    private static func forEveryTest(runs: Int) -> LeakFreeTrait {
        var trait = LeakFreeTrait.leakFree(runs: runs)
        trait.isForEveryTest = true
        return trait
    }
}

/// What the functions that stand before the tests call.
@c(watertight_change_test)
func changeTest(_ value: UnsafeMutableRawPointer, _ type: UnsafeRawPointer) {
    EveryTest.change(value, of: type)
}
