import Lifecycles
import Remedies
import SystemCalls
import TLS
import TestSupport
import Testing
import WebSocketProtocol
import WebSockets

/// What a server sees of one connection, in the words of the catalogue.
private struct Seen: Hashable, CustomStringConvertible {
    var end: String
    var messages: Int

    init(_ end: String, _ messages: Int = 0) {
        self.end = end
        self.messages = messages
    }

    init(_ connection: Connection, _ outcome: CloseOutcome) {
        messages = connection.messagesReceived
        end =
            switch outcome.cause {
            case .peerClosed: "close"
            case .locallyClosed: "closed"
            case .endOfStream: "fin"
            case .broken: "reset"
            case .encryptionFailed: "encryption"
            case .protocolFailure: "failure"
            case .handshakeFailure(let status, _): "\(status)"
            case .limit(let limit): "\(limit)"
            case .aborted: "aborted"
            }
    }

    var description: String { "\(end) after \(messages) messages" }
}

@Suite("What a server sees of each lifecycle", .serialized)
struct CatalogueOverTCPTests {
    /// Drives `count` connections of a lifecycle against an echo server and returns what that saw of them.
    private func seen(
        _ lifecycle: Lifecycle, count: Int = 20, _ change: (inout PeerScript) -> Void = { _ in },
        throughTLS identity: TLSIdentity? = nil,
        refusal: @escaping @Sendable (RequestHead) -> HTTPResponse? = { _ in nil }
    ) async throws -> (counts: DriveCounts, seen: [Seen], targets: [String]) {
        let log = Locked<[Seen]>([])
        let targets = Locked<[String]>([])
        var configuration = ServerConfiguration.patient
        configuration.connectionEnds = { connection, outcome in
            log.withLock { $0.append(Seen(connection, outcome)) }
        }
        configuration.refusal = { request in
            targets.withLock { $0.append(request.target + (request.fields.values(of: "X-User").first ?? "")) }
            return refusal(request)
        }
        var options = PeerOptions()
        if let identity {
            configuration.encryption = try TLSContext.server(identity)
            options.encryption = try TLSContext.client(trusting: .anyone)
        }
        let echo = EchoHandler()
        let server = try await WebSocketServer.start(configuration) { _ in echo }
        let driver = try PeerDriver()
        var script = PeerScript(url: try WebSocketURL(server.url), address: server.address, options: options)
        // Whatever else the machine does.
        script.stepLimit = .seconds(300)
        change(&script)
        let load = PeerDriver.Load(connections: count, concurrency: 10, limit: .seconds(300))
        let counts = await driver.drive(lifecycle, script, load)
        driver.stop()
        let deadline = ContinuousClock.now + .seconds(600)
        while log.withLock({ $0.count }) < counts.attempted && ContinuousClock.now < deadline { await Task.yield() }
        await server.shutdownNow()
        return (counts, log.withLock { $0 }, targets.withLock { $0 })
    }

    @Test(
        "each ends the connection in its own way",
        arguments: [
            ("reset/mid-message", Seen("reset")),
            ("stall-handshake/silent", Seen("fin")),
            ("stall-handshake/trickle", Seen("fin")),
            ("reject/key", Seen("400")),
            ("reject/version", Seen("426")),
            ("chatty/close", Seen("close", 5)),
            ("vanish-open", Seen("reset")),
            ("idle/pong", Seen("close")),
            ("idle/no-pong", Seen("fin")),
            ("mid-frame/header", Seen("fin")),
            ("mid-frame/payload", Seen("fin")),
            ("mid-frame/fragments", Seen("fin")),
            ("mid-frame/stall", Seen("reset")),
            ("protocol-error/reserved-bit", Seen("failure")),
            ("protocol-error/unmasked", Seen("failure")),
            ("protocol-error/utf8", Seen("failure")),
            ("protocol-error/oversize", Seen("failure")),
            ("close-unanswered", Seen("failure", 1)),
            ("server-close", Seen("failure", 1)),
            ("reconnect-storm", Seen("fin")),
            ("ping-flood", Seen("close")),
            ("message-traffic", Seen("close", 100)),
        ])
    private func each(name: String, expected: Seen) async throws {
        let lifecycle = try #require(Lifecycle.named(name).first)
        let (counts, seen, _) = try await seen(lifecycle)
        #expect(counts.completed == 20, "\(counts.firstProblem ?? "")")
        #expect(seen.count == 20 && Set(seen) == [expected])
        // Through TLS the ends are the same, but for peers who say nothing at all.
        let secure = try await self.seen(lifecycle, throughTLS: .selfSigned())
        #expect(secure.counts.completed == 20, "\(secure.counts.firstProblem ?? "")")
        let isMute = name == "stall-handshake/silent"
        #expect(secure.seen.count == 20 && Set(secure.seen) == [isMute ? Seen("encryption") : expected])
        #expect((secure.counts.encryption == nil) == isMute && counts.encryption == nil)
    }

    @Test("the whole catalogue takes place through TLS", arguments: Lifecycle.all.map(\.name))
    func throughTLS(name: String) async throws {
        let lifecycle = try #require(Lifecycle.named(name).first)
        let (counts, _, _) = try await seen(lifecycle, { $0.holdLimit = .milliseconds(20) }, throughTLS: .selfSigned())
        {
            $0.target == "/" && $0.origin == nil ? nil : HTTPResponse(status: 404)
        }
        if lifecycle == .refused {
            #expect(counts.accepted == counts.attempted)
        } else {
            #expect(counts.completed == 20, "\(counts.firstProblem ?? "")")
        }
    }

    @Test(
        "one that sends much and reads nothing fills the target's buffers", arguments: ["slow-reader", "flood-reset"])
    func readsNothing(name: String) async throws {
        let lifecycle = try #require(Lifecycle.named(name).first)
        let (counts, seen, _) = try await seen(lifecycle)
        #expect(counts.completed == 20)
        #expect(seen.allSatisfy { $0.end == "reset" } && seen.count == 20)
    }

    @Test("a refusal completes what is refused, and an upgrade does not")
    func refusals() async throws {
        let refused = try await seen(.refused, refusal: { _ in HTTPResponse(status: 401) })
        #expect(refused.counts.completed == 20 && Set(refused.seen) == [Seen("401")])
        let accepted = try await seen(.refused)
        #expect(accepted.counts.completed == 0 && accepted.counts.accepted == accepted.counts.attempted)
        #expect(accepted.counts.firstProblem == "the target accepts what was to be refused")
        let path = try #require(Lifecycle.named("reject/path").first)
        let unknown = try await seen(
            path, refusal: { $0.target == "/" ? nil : HTTPResponse(status: 404) })
        #expect(unknown.counts.completed == 20 && Set(unknown.seen) == [Seen("404")])
    }

    @Test("templates give every connection a request and a first message of its own")
    func templates() async throws {
        let change: (inout PeerScript) -> Void = {
            $0.options.target = "/room{n}?as={lifecycle}"
            $0.options.fields.append(name: "X-User", value: "u{n}")
            $0.options.opening.steps = [.send(Template("join {n}"))]
        }
        let (counts, seen, targets) = try await seen(.fin, change)
        #expect(counts.completed == 20)
        #expect(Set(targets) == Set((1...20).map { "/room\($0)?as=finu\($0)" }))
        #expect(seen.allSatisfy { $0.messages == 2 })
    }

    @Test("the message that makes the target close goes in place of the forbidden frame")
    func closingMessage() async throws {
        let (counts, seen, _) = try await seen(
            .closeUnanswered, { $0.options.opening.closingMessage = Template("quit") })
        #expect(counts.completed == 20)
        #expect(Set(seen) == [Seen("fin", 2)], "an echo server does not close, so the peer's end does")
    }

    @Test("peers that wait for each other go on when one of them is lost")
    func rendezvousWithoutOne() async throws {
        let (counts, _, _) = try await seen(.reconnectStorm, count: 10) { $0.stepLimit = .seconds(5) }
        #expect(counts.completed == 10)
        let some = Locked(0)
        let refusedSome = try await seen(
            .reconnectStorm, count: 10,
            refusal: { _ in
                some.withLock {
                    $0 += 1
                    return $0.isMultiple(of: 3) ? HTTPResponse(status: 503) : nil
                }
            })
        #expect(refusedSome.counts.completed == 7 && refusedSome.counts.refused == 3)
    }

    @Test("a peer that holds is released by the target's end")
    func holdEndsEarly() async throws {
        let begun = MonotonicTime.now
        let lifecycle = try #require(Lifecycle.named("protocol-error/oversize").first)
        let (counts, _, _) = try await seen(lifecycle) { $0.holdLimit = .seconds(7200) }
        #expect(counts.completed == 20)
        #expect(begun.elapsed < .seconds(3600))
    }
}
