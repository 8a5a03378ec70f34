import Causes
import Glibc
import SystemCalls

/// How this process is started again so that it runs one test, and nothing else.
struct ReplayProgram: Equatable {
    /// The executable, then its arguments.
    var arguments: [String]
    /// Variables, beside those that this process has.
    var environment: [String: String]

    /// The variables by which swift-testing tells a process to run the body of an exit test, and where to report.
    private static let (exitTest, issues, values) = ("SWT_EXIT_TEST_ID", "SWT_BACKCHANNEL", "SWT_CAPTURED_VALUES")

    /// Of the process `executable`, which runs the test called `test`, or which was started with `variables` for an exit test.
    init(executable: String, test: String?, variables: [String]) throws(Explanation.Failure) {
        // After a crash the backtracer would go on for long.
        environment = ["SWIFT_BACKTRACE": "enable=no"]
        arguments = [executable, "--testing-library", "swift-testing"]
        if let exitTest = variables.first(where: { $0.hasPrefix(Self.exitTest + "=") }) {
            environment[Self.exitTest] = String(exitTest.dropFirst(Self.exitTest.count + 1))
            // Its standard error and input, which lead nowhere.
            environment[Self.issues] = "\(STDERR_FILENO)"
            environment[Self.values] = "\(STDIN_FILENO)"
        } else if let test {
            arguments += ["--no-parallel", "--filter", "^" + Self.pattern(test) + "$"]
        } else {
            throw Explanation.Failure(
                "no test of swift-testing runs here, so that it cannot be run again",
                remedy: "check for leaks in a @Test, in its own task or a child of that")
        }
    }

    /// A regular expression that `name` matches: what may have a meaning in one stands for any character.
    private static func pattern(_ name: String) -> String {
        String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "." })
    }
}

extension ReplayProgram {
    /// That of this process, in which the test called `test` runs.
    static func own(test: String?) throws(Explanation.Failure) -> ReplayProgram {
        let sanitizers = ["__asan_init", "__tsan_init", "__msan_init", "__lsan_init"]
        guard !sanitizers.contains(where: { dlsym(nil, $0) != nil }) else {
            throw Explanation.Failure(
                "the tests are built with a sanitizer, whose allocator cannot be followed",
                remedy: "run this one without")
        }
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &path, path.count)
        let variables = (try? FileContents.bytes(of: "/proc/self/environ", atMost: 1 << 22)) ?? []
        return try ReplayProgram(
            executable: String(decoding: path.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self),
            test: test,
            variables: variables.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    }
}
