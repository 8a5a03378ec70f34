import Foundation
import TestSupport
import Testing

@testable import watertight

@Suite("watertight drive")
struct DriveTests {
    /// An echo server of the tool's own, and its URL.
    private func server() async throws -> (Running, String) {
        let running = try Running(["serve", "--port", "0"])
        let line = try await running.firstLine()
        let url = try #require(line.split(separator: " ").first { $0.hasPrefix("ws://") })
        return (running, String(url))
    }

    @Test("each step is shown, and with --trace every octet with what it means")
    func trace() async throws {
        let (running, url) = try await server()
        let plain = try await Tool.run(["drive", url, "--lifecycle", "fin", "--count", "2"])
        #expect(plain.code == 0, "\(plain.errors)")
        #expect(plain.output.split(separator: "\n").count { $0.hasSuffix("completed") } == 2)
        #expect(plain.output.contains("  1  messages 1\n") && !plain.output.contains("GET /"))
        let traced = try await Tool.run(["drive", url, "--lifecycle", "clean-close", "--trace"])
        for part in [
            "  > GET / HTTP/1.1\n", "  < HTTP/1.1 101 Switching Protocols\n", "text, 10 bytes, masked: watertight",
            "< 81 0a 77 61 74 65 72 74 69 67 68 74", "Close, 2 bytes, masked: 1000", "< 88 02 03 e8",
        ] {
            #expect(traced.output.contains(part), "\(part) in \(traced.output)")
        }
        withExtendedLifetime(running) {}
    }

    @Test("JSON has an object for each event")
    func json() async throws {
        let (running, url) = try await server()
        let end = try await Tool.run(["drive", url, "--lifecycle", "fin", "--trace", "--json"])
        let lines = try end.output.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.allSatisfy { $0["schema"] as? String == "watertight.trace/1" && $0["connection"] as? Int == 1 })
        let kinds = lines.compactMap { $0["kind"] as? String }
        #expect(kinds.first == "connected" && kinds.last == "ended" && kinds.contains("sent"))
        #expect(lines.contains { ($0["octets"] as? String)?.hasSuffix("810a77617465727469676874") == true })
        withExtendedLifetime(running) {}
    }

    @Test("what fails is told, and decides the exit code")
    func failures() async throws {
        let (running, url) = try await server()
        let script = FileManager.default.temporaryDirectory.appending(path: "drive-\(UUID()).lifecycle")
        try "open\nsend a\nexpect \"a\"\nexpect \"b\" within 20ms\nfin".write(
            to: script, atomically: false, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: script) }
        let end = try await Tool.run(["drive", url, "--script", script.path()])
        #expect(end.code == 1)
        #expect(
            end.output.contains(
                "failed: the target did not act in time (waiting for a message with \"b\"); the last message was a"))
        withExtendedLifetime(running) {}
        let nobody = try await Tool.run(["drive", "ws://127.0.0.1:1/", "--lifecycle", "fin"])
        #expect(nobody.code == 69 && nobody.output.contains("failed: refused"), "\(nobody.output)")
        for arguments in [
            ["--lifecycle", "reset"], [], ["--lifecycle", "fin", "--script", "x"], ["--script", "/none"],
        ] {
            #expect(try await Tool.run(["drive", url] + arguments).code == 64)
        }
    }
}
