import Lifecycles
import Remedies
import Sockets
import SystemCalls
import TLS
import TestSupport
import Testing
import WebSocketProtocol

/// Drives connections of a lifecycle against a witness, and returns what both saw.
private func witnessed(
    _ name: String, count: Int = 3, hold: Duration = .milliseconds(20), letsGo: Bool = false,
    trace: (@Sendable (TraceEvent) -> Void)? = nil, latest: TLSContext.Version = .tls13
) async throws -> (counts: DriveCounts, seen: [Witnessed]) {
    let lifecycle = try #require(Lifecycle.named(name).first)
    let witness = try TLSWitness(TLSContext.server(.selfSigned(), latest: latest), letsGo: letsGo)
    var options = PeerOptions()
    options.encryption = try TLSContext.client(trusting: .anyone)
    var script = PeerScript(
        url: try WebSocketURL("wss://\(witness.address)/"), address: witness.address, options: options)
    (script.holdLimit, script.stepLimit) = (hold, .seconds(300))
    let driver = try PeerDriver()
    let counts = await driver.drive(
        lifecycle, script, .init(connections: count, concurrency: count, trace: trace))
    driver.stop()
    #expect(await eventually { witness.seen.count == counts.attempted })
    witness.stop()
    return (counts, witness.seen)
}

@Suite("What a server sees of the lifecycles about TLS, record by record", .serialized)
struct TLSLifecycleTests {
    /// Types of records (RFC 8446, section 5.1).
    private static let (changeCipherSpec, alert, handshake, data): (UInt8, UInt8, UInt8, UInt8) = (20, 21, 22, 23)

    private func each(
        _ name: String, letsGo: Bool = false, _ expect: (Witnessed) -> Void
    ) async throws -> DriveCounts {
        let (counts, seen) = try await witnessed(name, letsGo: letsGo)
        #expect(counts.completed == 3, "\(counts.firstProblem ?? "")")
        #expect(seen.count == 3)
        for connection in seen { expect(connection) }
        return counts
    }

    @Test(
        "half a ClientHello, and its two ends",
        arguments: [("tls-hello/half", "fin"), ("tls-hello/half-reset", "reset")])
    func half(name: String, tcp: String) async throws {
        _ = try await each(name) {
            #expect($0.records.types == [Self.handshake] && $0.records.missing > 0)
            #expect($0.bytes[5] == 1 && $0.end == nil && $0.summary == nil && $0.tcp == tcp)
            // The half that came is as long as the one that is missing.
            #expect(abs($0.bytes.count - $0.records.missing) <= 1)
        }
    }

    @Test(
        "a whole ClientHello and nothing more",
        arguments: ["tls-hello/whole", "tls-hello/reset", "tls-hello/stall"])
    func whole(name: String) async throws {
        let counts = try await each(name) {
            #expect($0.records.types == [Self.handshake] && $0.records.missing == 0 && $0.bytes[5] == 1)
            #expect($0.end == nil && $0.summary == nil)
            // Whoever leaves the answer unread resets.
            #expect(name != "tls-hello/reset" || $0.tcp == "reset")
            #expect(name != "tls-hello/stall" || $0.tcp == "fin")
        }
        #expect(counts.letGo == 0 && counts.encryption == nil)
    }

    @Test("a ClientHello in records of a byte each, which is answered")
    func shards() async throws {
        _ = try await each("tls-hello/shards") { seen in
            let (types, missing) = seen.records
            #expect(types.count > 100 && Set(types) == [Self.handshake] && missing == 0)
            #expect(seen.bytes.count == 6 * types.count && seen.end == nil && seen.tcp == "fin")
        }
    }

    @Test(
        "what the handshake ends with",
        arguments: [
            ("tls-refuse/distrust", EncryptionFailure.alert("unknown CA")),
            ("tls-refuse/version", .violation("unsupported protocol")),
            ("tls-refuse/cipher", .violation("no shared cipher")), ("tls-refuse/plain", .notEncrypted),
            ("tls-refuse/garbage", .violation("packet length too long")),
        ])
    func refused(name: String, failure: EncryptionFailure) async throws {
        let counts = try await each(name) {
            #expect($0.end == .failed(failure))
            #expect($0.summary == nil && $0.plaintext.isEmpty)
        }
        #expect(counts.encryptionFailure == nil, "what a script does is no failure of the target's")
    }

    @Test("what is sent where TLS is refused, by its bytes")
    func refusedBytes() async throws {
        _ = try await each("tls-refuse/plain") { #expect($0.bytes.starts(with: Array("GET / HTTP/1.1\r\n".utf8))) }
        _ = try await each("tls-refuse/garbage") { #expect($0.bytes.starts(with: [22, 3, 1, 255, 255])) }
        // legacy_version of the ClientHello, behind the headers of record and message.
        _ = try await each("tls-refuse/version") { #expect($0.bytes[9...10] == [3, 2]) }
    }

    @Test(
        "a handshake and no request",
        arguments: [("tls-only/fin", "fin"), ("tls-only/reset", "reset"), ("tls-only/hold", "fin")])
    func only(name: String, tcp: String) async throws {
        _ = try await each(name) {
            #expect($0.summary?.version == "TLSv1.3" && $0.plaintext.isEmpty && $0.end == nil && $0.tcp == tcp)
        }
    }

    @Test(
        "close_notify without a Close frame",
        arguments: [("tls-notify/fin", false), ("tls-notify/hold", false), ("tls-notify/hold", true)])
    func notify(name: String, letsGo: Bool) async throws {
        let counts = try await each(name, letsGo: letsGo) {
            #expect($0.frames == [.text] && $0.end == .closeNotify)
            #expect(($0.tcp == "let go") == letsGo)
        }
        #expect(counts.letGo == (letsGo ? 3 : 0))
    }

    @Test(
        "both Close frames, and no close_notify",
        arguments: [("tls-unanswered/fin", false), ("tls-unanswered/hold", false), ("tls-unanswered/hold", true)])
    func unanswered(name: String, letsGo: Bool) async throws {
        let counts = try await each(name, letsGo: letsGo) {
            #expect($0.frames == [.text, .close] && $0.end == nil)
        }
        #expect(counts.letGo == (letsGo ? 3 : 0))
        // The polite twin sends one.
        if !letsGo { _ = try await each("clean-close", letsGo: true) { #expect($0.frames == [.text, .close]) } }
    }

    @Test(
        "records that are wrong",
        arguments: [
            ("tls-record/cut", "fin"), ("tls-record/cut-reset", "reset"), ("tls-record/corrupt", "fin"),
        ])
    func record(name: String, tcp: String) async throws {
        _ = try await each(name) {
            #expect($0.frames == [.text] && $0.tcp == tcp)
            if name == "tls-record/corrupt" {
                #expect($0.records.missing == 0)
                #expect($0.end == .failed(.violation("decryption failed or bad record mac")))
            } else {
                #expect($0.records.missing > 0 && $0.records.types.last == Self.data && $0.end == nil)
            }
        }
    }

    @Test("KeyUpdates, each a record of its own")
    func updateKeys() async throws {
        _ = try await each("tls-keys/update", letsGo: true) {
            // Finished, the request, the updates, the message and the Close are each a record.
            #expect($0.records.types.count { $0 == Self.data } >= 1 + 1 + 20 + 1 + 1)
            #expect($0.frames == [.text, .close])
        }
        _ = try await each("tls-keys/flood") {
            #expect($0.records.types.count { $0 == Self.data } == 1 + 1 + 2000)
            #expect($0.frames.isEmpty)
        }
    }

    @Test("TLS 1.2 in which a handshake follows the request, and without the extension for tickets")
    func renegotiate() async throws {
        _ = try await each("tls-renegotiate") {
            #expect($0.summary?.version == "TLSv1.2")
            // ClientHello, ClientKeyExchange, change_cipher_spec, Finished, the request, ClientHello.
            #expect(
                $0.records.types.prefix(6) == [
                    Self.handshake, Self.handshake, Self.changeCipherSpec, Self.handshake, Self.data, Self.handshake,
                ])
        }
        _ = try await each("tls-session/uncached", letsGo: true) {
            #expect($0.summary?.version == "TLSv1.2")
            #expect(!Self.extensions(of: $0.bytes).contains(35), "RFC 5077, section 3.2")
        }
    }

    /// The extensions of the ClientHello in the first record.
    private static func extensions(of bytes: [UInt8]) -> [Int] {
        func word(_ at: Int) -> Int { Int(bytes[at]) << 8 | Int(bytes[at + 1]) }
        // Behind the headers, the version and the random come the session's identifier, suites and compression.
        var at = 5 + 4 + 2 + 32
        at += 1 + Int(bytes[at])
        at += 2 + word(at)
        at += 1 + Int(bytes[at])
        let end = at + 2 + word(at)
        at += 2
        var found: [Int] = []
        while at < end {
            found.append(word(at))
            at += 4 + word(at + 2)
        }
        return found
    }

    @Test("a target of another version of TLS is not what a lifecycle is about")
    func unsuited() async throws {
        let (counts, _) = try await witnessed("tls-keys/update", latest: .tls12)
        #expect(counts.unsuited == 3 && counts.completed == 0)
        #expect(counts.firstProblem == "the target speaks no TLS 1.3")
    }

    @Test("without TLS none begins", arguments: Lifecycle.all.filter(\.needsTLS))
    func withoutTLS(lifecycle: Lifecycle) async throws {
        let seen = try await counts(lifecycle, against: Conduct("echo"))
        #expect(seen.notAttempted == 4 && seen.attempted == 0)
        #expect(seen.firstProblem == "the lifecycle is about TLS, and the target's URL is ws://")
    }

    @Test(
        "a target that ends TCP at once completes what it may end, and breaks the rest",
        arguments: Lifecycle.all.filter(\.needsTLS))
    func endsAtOnce(lifecycle: Lifecycle) async throws {
        let server = try RogueServer(Conduct("ends at once") { $0.accepted = [.end] })
        var options = PeerOptions()
        options.encryption = try TLSContext.client(trusting: .anyone)
        let script = PeerScript(
            url: try WebSocketURL("wss://\(server.address)/"), address: server.address, options: options)
        let driver = try PeerDriver()
        let seen = await driver.drive(lifecycle, script, .init(connections: 4, concurrency: 4))
        driver.stop()
        server.stop()
        // Whoever waits for nothing but the end, or for anything to arrive, gets it.
        let asks = lifecycle.steps.contains { [.tls(.awaitServerHello), .awaitUpgrade].contains($0) }
        let shakes = lifecycle.steps.contains { if case .tls(.handshake) = $0 { true } else { false } }
        #expect(seen.attempted == 4 && seen.stalled == 0)
        #expect(asks || shakes ? seen.broken == 4 : seen.completed == 4, "\(seen.firstProblem ?? "")")
    }

    @Test("a trace shows the records, by type, beside what they carry")
    func trace() async throws {
        let events = Locked<[TraceEvent]>([])
        _ = try await witnessed("tls-notify/fin", count: 1, trace: { event in events.withLock { $0.append(event) } })
        let kinds = events.withLock { $0 }.map(\.kind)
        var (sent, received) = (TLSRecordReader(), TLSRecordReader())
        var words: [String] = []
        for case .records(let bytes, let isSent) in kinds {
            words += (isSent ? sent.read(bytes) : received.read(bytes)).map { (isSent ? "> " : "< ") + $0.meaning }
        }
        #expect(words.first?.hasPrefix("> TLS: handshake, ") == true && words.first?.hasSuffix(": ClientHello") == true)
        #expect(words.contains { $0.hasPrefix("< TLS: handshake, ") && $0.hasSuffix(": ServerHello") })
        #expect(words.contains("> TLS: change_cipher_spec, 1 bytes"))
        #expect(words.last { $0.hasPrefix(">") }?.hasSuffix("encrypted") == true)
        #expect(kinds.contains(.step("tls close-notify")))
        #expect(
            kinds.contains { if case .sent(let bytes) = $0 { bytes.starts(with: Array("GET /".utf8)) } else { false } })
    }
}

@Suite("Records of TLS in words")
struct TLSRecordReaderTests {
    @Test(
        "each by its type",
        arguments: [
            ([21, 3, 3, 0, 2, 2, 48], "TLS: alert, 2 bytes: unknown_ca"),
            ([22, 3, 1, 0, 4, 1, 0, 0, 0], "TLS: handshake, 4 bytes: ClientHello"),
            ([22, 3, 3, 0, 8, 2, 0, 0, 0, 14, 0, 0, 0], "TLS: handshake, 8 bytes: ServerHello, ServerHelloDone"),
            ([23, 3, 3, 0, 1, 7], "TLS: application_data, 1 bytes, encrypted"),
            ([22, 3, 1, 1, 0, 1, 0], "TLS: handshake, 256 bytes: ClientHello, 254 to come"),
            ([99, 1, 1, 0, 0], "TLS: type 99, 0 bytes"),
        ] as [([UInt8], String)])
    func meanings(bytes: [UInt8], meaning: String) {
        var reader = TLSRecordReader()
        #expect(reader.read(bytes).map(\.meaning) == [meaning])
    }

    @Test("a record that comes in pieces, cut anywhere")
    func cuts() {
        let record: [UInt8] = [22, 3, 3, 0, 8, 2, 0, 0, 0, 14, 0, 0, 0, 23, 3, 3, 0, 2, 1, 2]
        for cut in 1..<record.count {
            var reader = TLSRecordReader()
            let pieces = reader.read(Array(record[..<cut])) + reader.read(Array(record[cut...]))
            #expect(pieces.flatMap(\.bytes) == record)
            #expect(pieces.last?.meaning.hasPrefix("TLS: ") == true)
            #expect(pieces.count { $0.meaning.hasPrefix("TLS: handshake, 8 bytes") } == 1)
        }
    }

    @Test("after change_cipher_spec a type says nothing of the content")
    func encrypted() {
        var reader = TLSRecordReader()
        let pieces = reader.read([20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 4, 1, 2, 3, 4])
        #expect(pieces.last?.meaning == "TLS: handshake, 4 bytes, encrypted")
        #expect(pieces.flatMap(\.bytes).count == 15)
    }
}
