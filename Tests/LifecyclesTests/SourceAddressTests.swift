import Sockets
import Testing

@testable import Lifecycles

@Suite("Where peers come from")
struct SourceAddressTests {
    @Test("the next loopback address when the ports of one are used up, until there are none")
    func addresses() {
        let sources = SourceAddresses()
        let target = SocketAddress.loopback(port: 9)
        #expect(sources.current(for: target) == nil)
        var seen: Set<String> = []
        while sources.advance(for: target) {
            guard let current = sources.current(for: target), seen.count < 1000 else { break }
            seen.insert("\(current)")
        }
        #expect(seen.count == 253)
        #expect(seen.contains("127.0.0.2:0") && seen.contains("127.0.0.254:0"))
        #expect(!sources.advance(for: target))
    }

    @Test("only for a target on IPv4's loopback", arguments: ["::1", "192.0.2.1"])
    func others(host: String) throws {
        let target = try #require(SocketAddress(numeric: host, port: 9))
        #expect(!SourceAddresses().advance(for: target))
    }
}
