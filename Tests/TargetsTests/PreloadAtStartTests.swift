import Foundation
import Glibc
import Subprocesses
import Testing

@testable import Targets

/// Whether there is what serves here.
private var isPossible: Bool {
    String(cString: getenv("PATH")).split(separator: ":").contains { access("\($0)/python3", X_OK) == 0 }
}

@Suite(
    "A command that a preloaded library keeps from starting",
    .enabled(if: isPossible, "python3 is not installed"))
struct PreloadAtStartTests {
    /// A shell that says what it finds and ends with `code` where LD_PRELOAD is set, and serves otherwise.
    private static func command(_ words: String, code: Int) -> [String] {
        let server = "exec python3 -m http.server --bind 127.0.0.1 {port}"
        return ["sh", "-c", "if [ -n \"$LD_PRELOAD\" ]; then echo '\(words)'; exit \(code); fi; \(server)"]
    }

    private static func start(_ command: [String]) async throws -> Target {
        try await Target.start(
            command, url: "ws://127.0.0.1:{port}/", limit: .seconds(60), environment: ["LD_PRELOAD": "libm.so.6"])
    }

    @Test(
        "it is started again without",
        arguments: [("ASan runtime does not come first, preload it with LD_PRELOAD", 1), ("", 139)])
    func again(words: String, code: Int) async throws {
        let target = try await Self.start(Self.command(words, code: code))
        #expect(target.listens == true)
        target.end()
    }

    @Test("one that ends for a reason of its own is not")
    func once() async throws {
        await #expect {
            _ = try await Self.start(Self.command("no such table", code: 3))
        } throws: {
            "\($0)".contains("has exited with code 3") && "\($0)".contains("no such table")
        }
    }
}
