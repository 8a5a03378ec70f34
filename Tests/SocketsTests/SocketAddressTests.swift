import Glibc
import Testing

@testable import Sockets

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test(
        "numeric forms and their text",
        arguments: [
            ("127.0.0.1", "127.0.0.1:80", true), ("127.255.0.9", "127.255.0.9:80", true),
            ("0.0.0.0", "0.0.0.0:80", false), ("255.255.255.255", "255.255.255.255:80", false),
            ("10.1.2.3", "10.1.2.3:80", false), ("::1", "[::1]:80", true), ("::", "[::]:80", false),
            ("2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:80", false), ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:80", false),
            ("ff02::fb", "[ff02::fb]:80", false),
        ])
    func numeric(text: String, description: String, isLoopback: Bool) throws {
        let address = try #require(SocketAddress(numeric: text, port: 80))
        #expect(address.description == description)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "what is not numeric",
        arguments: [
            "", "localhost", "127.0.0", "127.0.0.1.", "256.0.0.1", " 127.0.0.1", "127.0.0.1 ", "0x7f.0.0.1", "::1::",
            "[::1]", "::g", "1.2.3.4:80", "127.0.0.1\0.example",
        ])
    func notNumeric(text: String) {
        #expect(SocketAddress(numeric: text, port: 80) == nil)
    }

    @Test("the kernel's form and back", arguments: ["127.0.0.1", "9.8.7.6", "::1", "2001:db8::1:2", "fe80::3"])
    func kernelForm(text: String) throws {
        var address = try #require(SocketAddress(numeric: text, port: 0xABCD))
        if case .ipv6(let high, let low, _) = address.host { address.host = .ipv6(high, low, scope: 7) }
        let back = address.withSockaddr { pointer, length in
            var storage = sockaddr_storage()
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: Int(length)))
            }
            return SocketAddress(storage)
        }
        #expect(back == address)
    }

    @Test("other families are no socket addresses")
    func otherFamily() {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(AF_UNIX)
        #expect(SocketAddress(storage) == nil)
    }
}

@Suite("Host names")
struct ResolverTests {
    @Test("localhost is loopback, in every family, each once")
    func localhost() async throws {
        let addresses = try await Resolver.addresses(of: "localhost", port: 4711)
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { $0.isLoopback && $0.port == 4711 })
        #expect(Set(addresses).count == addresses.count)
    }

    @Test("numeric addresses are not looked up", arguments: ["127.0.0.2", "::1"])
    func numeric(text: String) async throws {
        let expected = try #require(SocketAddress(numeric: text, port: 1))
        #expect(try await Resolver.addresses(of: text, port: 1) == [expected])
        #expect(try Resolver.addressesBlocking(of: text, port: 1) == [expected])
    }

    @Test(
        "a name that does not exist is named in the failure", arguments: ["no-such-host.invalid", "bad..name.invalid"])
    func failure(name: String) async throws {
        let error = await #expect(throws: ResolutionFailure.self) { try await Resolver.addresses(of: name, port: 1) }
        let failure = try #require(error)
        #expect(failure.name == name && !failure.answer.isEmpty)
        #expect("\(failure)" == "cannot resolve the host name \"\(name)\": \(failure.answer)")
    }
}
