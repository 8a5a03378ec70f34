import COpenSSL
import Sockets
import Testing

@testable import TLS

@Suite("RFC 8446 and RFC 5246, without a socket")
struct SessionTests {
    let identity: TLSIdentity
    let server: TLSContext

    init() throws {
        identity = try TLSIdentity.selfSigned()
        server = try TLSContext.server(identity)
    }

    /// Both ends of an open connection.
    private func open(
        _ latest: TLSContext.Version = .tls13, serverName: String = "localhost", step: Int = 1 << 16
    ) throws -> (client: End, server: End) {
        let client = try End(.client(trusting: identity, latest: latest), serverName: serverName)
        let server = try End(server)
        converse(client, server, step: step)
        try #require(client.isEstablished && server.isEstablished)
        return (client, server)
    }

    @Test("a handshake, and an echo of every size", arguments: TLSContext.Version.allCases, [1, 1 << 16])
    func echo(latest: TLSContext.Version, step: Int) throws {
        let (client, server) = try open(latest, step: step)
        for size in [1, 125, 16_383, 16_384, 16_385, 200_000] {
            let bytes = pattern(size)
            for piece in client.encrypted(bytes).pieces(of: step) { server.receive(piece) }
            #expect(server.plaintext == bytes)
            for piece in server.encrypted(server.plaintext).pieces(of: step) { client.receive(piece) }
            #expect(client.plaintext == bytes)
            (client.plaintext, server.plaintext) = ([], [])
        }
        #expect(client.end == nil && server.end == nil)
        let summary = try #require(client.summary)
        #expect(summary.version == "TLSv\(latest.rawValue)")
        #expect(
            summary.subject == "CN=localhost" && summary.isVerified
                && summary.cipher.hasPrefix("TLS_AES") == (latest == .tls13))
        #expect("\(summary)".hasSuffix("certificate of CN=localhost, verified"))
        #expect(server.summary?.subject == nil)
    }

    @Test("a record for each byte")
    func recordPerByte() throws {
        let (client, server) = try open()
        let bytes = pattern(3000)
        server.receive(bytes.flatMap { client.encrypted([$0]) })
        #expect(server.plaintext == bytes)
    }

    @Test("close_notify is an end, once, and what follows is dropped", arguments: TLSContext.Version.allCases)
    func closeNotify(latest: TLSContext.Version) throws {
        let (client, server) = try open(latest)
        let last = client.encrypted([1, 2, 3])
        client.session.endWriting()
        let notify = client.taken()
        #expect(!notify.isEmpty)
        client.session.endWriting()
        #expect(client.taken().isEmpty)
        server.receive(last + notify + last)
        #expect(server.plaintext == [1, 2, 3] && server.end == .closeNotify && server.hasInputEnded)
        // The other direction goes on.
        client.receive(server.encrypted([4]))
        #expect(client.plaintext == [4] && client.end == nil)
    }

    @Test("new keys, asked for as often as the window holds, are answered and understood")
    func keyUpdates() throws {
        let (client, server) = try open()
        var updates: [UInt8] = []
        while updates.count < EventLoop.windowBytes - 17 * 1024 { updates += client.keyUpdate() }
        server.receive(updates)
        let answers = server.taken()
        #expect(server.end == nil && !answers.isEmpty && answers.count <= updates.count)
        client.receive(answers)
        server.receive(client.encrypted([1, 2, 3]))
        client.receive(server.encrypted(server.plaintext))
        #expect(client.plaintext == [1, 2, 3])
    }

    @Test("a turned bit is a violation, and the peer is told by an alert")
    func corrupt() throws {
        let (client, server) = try open()
        var record = client.encrypted(pattern(100))
        record[record.count / 2] ^= 1
        server.receive(record)
        guard case .failed(.violation) = server.end else {
            Issue.record("\(String(describing: server.end))")
            return
        }
        client.receive(server.taken())
        #expect(client.end == .failed(.alert("bad record mac")))
        // After a failure nothing is sent.
        server.session.endWriting()
        #expect(server.taken().isEmpty && server.summary == nil)
    }

    @Test(
        "what is no record of TLS is told at the first byte",
        arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{0}", "HTTP/1.1 400"])
    func notEncrypted(text: String) throws {
        for end in [try End(server), try End(.client(trusting: .anyone), serverName: "localhost")] {
            _ = end.taken()
            end.receive(text.utf8.prefix(1))
            #expect(end.end == .failed(.notEncrypted))
            // A server says so in an alert that ends a client's attempt as well.
            #expect(end.taken() == (end.session.isServer ? [21, 3, 3, 0, 2, 2, 10] : []))
        }
    }

    @Test("a record longer than any may be")
    func garbage() throws {
        let end = try End(server)
        end.receive([22, 3, 1, 0xFF, 0xFF] + pattern(100))
        guard case .failed(.violation) = end.end else {
            Issue.record("\(String(describing: end.end))")
            return
        }
    }

    @Test("http/1.1 is chosen, and an offer without it refused with the alert 120", arguments: [true, false])
    func protocols(hasHTTP1: Bool) throws {
        let context = try TLSContext.client(trusting: .anyone)
        let offer = [2] + Array("h2".utf8) + (hasHTTP1 ? [8] + Array("http/1.1".utf8) : [])
        SSL_CTX_set_alpn_protos(context.pointer, offer, UInt32(offer.count))
        let client = try End(context)
        try converse(client, End(server))
        #expect(client.isEstablished == hasHTTP1)
        #expect(client.end == (hasHTTP1 ? nil : .failed(.alert("no application protocol"))))
    }

    // MARK: Certificates

    @Test(
        "whom a certificate names",
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("::1", true), ("example.org", false), ("127.0.0.2", false),
        ])
    func names(name: String, isRight: Bool) throws {
        let client = try End(.client(trusting: identity), serverName: name)
        let server = try End(server)
        converse(client, server)
        if isRight {
            #expect(client.summary?.isVerified == true && server.isEstablished)
        } else {
            guard case .failed(.untrusted(let reason, "CN=localhost")) = client.end else {
                Issue.record("\(String(describing: client.end))")
                return
            }
            #expect(reason.contains("mismatch"))
            guard case .failed(.alert) = server.end else {
                Issue.record("\(String(describing: server.end))")
                return
            }
        }
    }

    @Test(
        "who verifies must have a name to expect",
        arguments: [nil, "", "localhost\0.example.org", String(repeating: "a", count: 300)])
    func unnamed(name: String?) throws {
        for trust in [TLSContext.Trust.system, .authorities(file: other.path)] {
            let failure = #expect(throws: EncryptionFailure.self) {
                try End(.client(trusting: trust), serverName: name)
            }
            #expect(failure == .unnamed(name ?? ""))
        }
        // Who accepts anybody needs none.
        let client = try End(.client(trusting: .anyone), serverName: name)
        try converse(client, End(server))
        #expect(client.summary?.isVerified == false)
        #expect("\(EncryptionFailure.unnamed(""))" == "no certificate can be verified for a server without a name")
    }

    @Test(
        "a certificate is proven to a server that asks for one, and its lack is told",
        arguments: TLSContext.Version.allCases, [true, false])
    func clientCertificate(version: TLSContext.Version, hasCertificate: Bool) throws {
        let own = try TLSIdentity.selfSigned(for: ["client"])
        let asking = try TLSContext.server(identity, latest: version)
        X509_STORE_add_cert(SSL_CTX_get_cert_store(asking.pointer), own.certificate)
        SSL_CTX_set_verify(asking.pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        let client = try End(.client(trusting: .anyone, identity: hasCertificate ? own : nil))
        let server = try End(asking)
        converse(client, server)
        #expect(server.isEstablished == hasCertificate)
        if hasCertificate {
            #expect(client.isEstablished && client.end == nil && client.summary?.lacksCertificate == nil)
        } else {
            guard case .failed(.alert(let word)) = client.end else {
                Issue.record("\(String(describing: client.end))")
                return
            }
            #expect(word.contains("certificate required") || word.contains("handshake failure"), "\(word)")
        }
    }

    @Test(
        "a server that would like a certificate is said to have been given none", arguments: TLSContext.Version.allCases
    )
    func lackingCertificate(version: TLSContext.Version) throws {
        let asking = try TLSContext.server(identity, latest: version)
        SSL_CTX_set_verify(asking.pointer, SSL_VERIFY_PEER, nil)
        let client = try End(.client(trusting: .anyone))
        try converse(client, End(asking))
        #expect(client.summary?.lacksCertificate == true && "\(client.summary!)".contains("asks for a certificate"))
    }

    @Test("an empty name in place of the host's is refused")
    func emptyServerName() {
        #expect(throws: TLSSetupFailure.self) { try TLSContext.client(serverName: "") }
    }

    @Test("another name may be asked for")
    func serverName() throws {
        let client = try End(.client(trusting: identity, serverName: "localhost"), serverName: "example.org")
        try converse(client, End(server))
        #expect(client.isEstablished)
    }

    @Test("an unknown authority, and the alert that the server gets")
    func unknown() throws {
        for trust in [TLSContext.Trust.system, .authorities(file: other.path)] {
            let client = try End(.client(trusting: trust), serverName: "localhost")
            let server = try End(server)
            converse(client, server)
            guard case .failed(.untrusted(let reason, "CN=localhost")) = client.end else {
                Issue.record("\(String(describing: client.end))")
                return
            }
            #expect(reason.contains("self"))
            #expect(server.end == .failed(.alert("unknown CA")))
        }
    }

    /// A file with a certificate of somebody else's.
    private let other: TemporaryFile = {
        // Not to fail here: a test that needs it does.
        try! TemporaryFile(try! TLSIdentity.selfSigned(for: ["elsewhere"]).pem)
    }()

    @Test("an expired certificate, and one not yet valid")
    func expired() throws {
        for (seconds, words) in [(-7200 ... -3600, "expired"), (3600...7200, "not yet valid")] {
            let identity = try TLSIdentity.selfSigned(for: ["localhost"], validSeconds: seconds)
            let client = try End(.client(trusting: identity), serverName: "localhost")
            try converse(client, End(.server(identity)))
            guard case .failed(.untrusted(let reason, _)) = client.end else {
                Issue.record("\(String(describing: client.end))")
                return
            }
            #expect(reason.contains(words))
        }
    }

    @Test("without verification anybody is accepted, and not called verified")
    func anyone() throws {
        let client = try End(.client(trusting: .anyone), serverName: "example.org")
        try converse(client, End(server))
        let summary = try #require(client.summary)
        #expect(!summary.isVerified && "\(summary)".hasSuffix("certificate of CN=localhost, not verified"))
    }

    @Test("a certificate and its key are read from files, and what is wrong with them is said")
    func files() throws {
        let certificate = try TemporaryFile(identity.pem)
        let key = try TemporaryFile(identity.keyPEM)
        let read = try TLSIdentity.read(certificateFile: certificate.path, keyFile: key.path)
        #expect(read.fingerprint == identity.fingerprint && identity.fingerprint.count == 95)
        let client = try End(.client(trusting: identity), serverName: "localhost")
        try converse(client, End(.server(read)))
        #expect(client.isEstablished)

        let otherKey = try TemporaryFile(try TLSIdentity.selfSigned().keyPEM)
        for (certificate, key, words) in [
            ("/nowhere", key.path, "No such file"), (key.path, key.path, "has no certificate"),
            (certificate.path, certificate.path, "has no private key"),
            (certificate.path, otherKey.path, "is not that of the first certificate"),
        ] {
            let failure = #expect(throws: TLSSetupFailure.self) {
                try TLSIdentity.read(certificateFile: certificate, keyFile: key)
            }
            #expect(failure?.description.contains(words) == true, "\(String(describing: failure))")
        }
        #expect(throws: TLSSetupFailure.self) { try TLSContext.client(trusting: .authorities(file: "/nowhere")) }
    }
}
