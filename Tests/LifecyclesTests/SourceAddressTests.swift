import Sockets
import Testing

@testable import Lifecycles

@Suite("Where peers come from")
struct SourceAddressTests {
    @Test("the next loopback address long before the ports of one are used up, and back where there is room again")
    func preferredConnections() {
        let sources = SourceAddresses(target: .loopback(port: 9))
        let first = (0..<SourceAddresses.preferredConnections).map { _ in sources.take() }
        #expect(Set(first) == [0])
        #expect(sources.address(0) == nil)
        let second = (0..<SourceAddresses.preferredConnections).map { _ in sources.take() }
        #expect(Set(second) == [1])
        #expect(sources.address(1).map { "\($0)" } == "127.0.0.2:0")
        sources.leave(0)
        #expect(sources.take() == 0)
        #expect(sources.take() == 2)
    }

    @Test("the next loopback address when the ports of one are used up, until there are none")
    func addresses() {
        let sources = SourceAddresses(target: .loopback(port: 9))
        var seen: Set<String> = []
        while sources.advance() {
            guard let address = sources.address(sources.take()), seen.count < 1000 else { break }
            seen.insert("\(address)")
        }
        #expect(seen.count == 252)
        #expect(seen.contains("127.0.0.2:0") && seen.contains("127.0.0.253:0"))
        #expect(!sources.advance())
    }

    @Test("only for a target on IPv4's loopback", arguments: ["::1", "192.0.2.1"])
    func others(host: String) throws {
        let sources = SourceAddresses(target: try #require(SocketAddress(numeric: host, port: 9)))
        #expect(!sources.advance())
        #expect((0...SourceAddresses.preferredConnections).allSatisfy { _ in sources.take() == 0 })
    }
}
