import Testing

@testable import watertight

@Suite("Host fields that status pages are answered under")
struct AllowedHostsTests {
    @Test(
        "on loopback: its names and addresses, what it was told to listen on, and what its user allows",
        arguments: [
            ("localhost", true), ("LOCALHOST:9001", true), ("localhost.", true), ("app.localhost:1", true),
            ("127.0.0.1", true), ("127.8.9.10:80", true), ("[::1]:9001", true), ("[::ffff:127.0.0.1]", true),
            ("server.lan", true), ("more.example:1", true), (nil, true), ("evil.example", false),
            ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("192.168.1.7", false),
            ("[2001:db8::1]", false), ("1", false), ("evil.example:localhost", false), ("[localhost", false),
        ] as [(String?, Bool)])
    func loopback(field: String?, isAllowed: Bool) {
        #expect(AllowedHosts(listeningOn: "server.lan", more: ["More.Example"]).allows(field) == isAllowed)
    }

    @Test(
        "on all addresses: any address, and no foreign name", arguments: ["0.0.0.0", "::", "[::]"])
    func all(host: String) {
        let hosts = AllowedHosts(listeningOn: host)
        #expect(hosts.allows("192.168.1.7:9001") && hosts.allows("[2001:db8::1]:9001") && hosts.allows("localhost"))
        #expect(!hosts.allows("evil.example") && !hosts.allows("192.168.1.7.evil.example"))
    }
}
