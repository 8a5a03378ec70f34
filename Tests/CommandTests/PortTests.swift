import Foundation
import TestSupport
import Testing

/// Checks in a network namespace of their own, whose kernel gives few ports to connections.
@Suite("Ports", .timed)
struct PortTests {
    /// Brings loopback up, narrows the ports to twenty, and runs the tool.
    private static let script = """
        python3 -c 'import fcntl, socket, struct
        fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x49))' || exit 99
        echo "50000 50019" > /proc/sys/net/ipv4/ip_local_port_range || exit 99
        exec "$0" "$@"
        """

    private static func run(_ words: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["unshare", "--map-root-user", "--net", "sh", "-c", script] + words
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    private static let canIsolateNetwork = (try? run(["true"]).code) == 0

    private static func check(host: String) throws -> (code: Int32, output: String) {
        try run(
            [
                Tool.path, "check", "--lifecycle", "clean-close", "--concurrency", "100", "--budget", "10",
                "ws://\(host.contains(":") ? "[\(host)]" : host):{port}/", "--", Tool.path, "serve", "--host", host,
                "--port", "{port}",
            ])
    }

    @Test(
        "more connections at a time than an address has ports come from several addresses",
        .enabled(if: canIsolateNetwork))
    func severalAddresses() throws {
        let (code, output) = try Self.check(host: "127.0.0.1")
        #expect(code == 0, "\(output)")
        #expect(!output.contains("could not make the connections"), "\(output)")
    }

    @Test("where there is one address, it is said that this side has no more ports", .enabled(if: canIsolateNetwork))
    func oneAddress() throws {
        let (code, output) = try Self.check(host: "::1")
        #expect(code == 2, "\(output)")
        #expect(output.contains("could not make the connections"), "\(output)")
    }
}
