import Foundation
import SystemCalls
import Testing

@testable import Sockets

@Suite("A free port")
struct FreePortTests {
    @Test("can be listened on, and is none that the kernel gives to connections")
    func free() throws {
        let text = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let first = try #require(text.split { $0.isWhitespace }.first.flatMap { UInt16($0) })
        for _ in 0..<50 {
            let port = try FreePort.onLoopback()
            #expect(port < first)
            try OwnedDescriptor.listening(on: .loopback(port: port)).close()
        }
    }
}
