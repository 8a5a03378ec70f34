import Lifecycles
import Remedies
import SystemCalls
import Testing
import WebSocketProtocol

/// Drives a few connections of a lifecycle against a server that behaves as it is told.
func counts(
    _ lifecycle: Lifecycle, against conduct: Conduct, count: Int = 4, hold: Duration = .milliseconds(50),
    stepLimit: Duration = .seconds(300)
) async throws -> DriveCounts {
    let server = try RogueServer(conduct)
    let driver = try PeerDriver()
    var script = PeerScript(url: try WebSocketURL("ws://\(server.address)/"), address: server.address)
    script.stepLimit = stepLimit
    script.holdLimit = hold
    let counts = await driver.drive(
        lifecycle, script, .init(connections: count, concurrency: count, limit: .seconds(300)))
    driver.stop()
    server.stop()
    return counts
}

extension Lifecycle {
    fileprivate var upgrades: Bool { steps.contains(.awaitUpgrade) }
}

@Suite("Every lifecycle against servers that do what they must not", .serialized)
struct MisbehaviorTests {
    @Test("one that accepts everything: what was to be refused is accepted", arguments: Lifecycle.plain)
    func acceptsAll(lifecycle: Lifecycle) async throws {
        let seen = try await counts(lifecycle, against: Conduct("accepts all"))
        #expect(seen.attempted == 4)
        if lifecycle.expectsRefusal {
            #expect(seen.accepted == 4)
            #expect(seen.firstProblem == "the target accepts what was to be refused")
        } else {
            #expect(seen.completed == 4, "\(seen.firstProblem ?? "")")
            #expect(seen.endedOtherwise == 0 && seen.violations == 0 && seen.firstProblem == nil)
        }
    }

    @Test("one that never answers stalls whoever waits for it", arguments: Lifecycle.plain)
    func neverAnswers(lifecycle: Lifecycle) async throws {
        let conduct = Conduct("never answers") { $0.request = [] }
        let seen = try await counts(lifecycle, against: conduct, stepLimit: .milliseconds(200))
        let waiting: Set<Lifecycle.Step> = [.awaitUpgrade, .awaitRefusal, .awaitUnread]
        if let first = lifecycle.steps.first(where: waiting.contains) {
            #expect(seen.stalled == 4 && seen.firstStall == first)
        } else {
            #expect(seen.completed == 4 && seen.letGo == 0)
        }
    }

    @Test("one that ends every connection at once breaks what it should have upgraded", arguments: Lifecycle.plain)
    func endsAtOnce(lifecycle: Lifecycle) async throws {
        let conduct = Conduct("ends at once") { $0.accepted = [.end] }
        let seen = try await counts(lifecycle, against: conduct, hold: .seconds(60))
        if lifecycle.upgrades {
            #expect(seen.broken == 4 && seen.endedOtherwise == 0)
        } else {
            #expect(seen.completed == 4, "\(seen.firstProblem ?? "")")
        }
        #expect(seen.letGo == (lifecycle.family == "stall-handshake" ? 4 : 0))
    }

    @Test("one that answers with what is no HTTP breaks what it should have upgraded", arguments: Lifecycle.plain)
    func answersGarbage(lifecycle: Lifecycle) async throws {
        let conduct = Conduct("garbage") { $0.request = [Conduct.text("+OK who are you\r\n\r\n")] }
        let seen = try await counts(lifecycle, against: conduct)
        if lifecycle.upgrades {
            #expect(seen.broken == 4 && seen.firstProblem?.description.contains("not HTTP/1.1") == true)
        } else {
            #expect(seen.completed == 4, "\(seen.firstProblem ?? "")")
        }
    }

    @Test(
        "a 101 accepts whatever else it says",
        arguments: ["\r\n", "Upgrade: h2c\r\n\r\n", "Sec-WebSocket-Accept: no\r\n\r\n", "no field at all\r\n\r\n", ""])
    func any101(rest: String) async throws {
        for lifecycle in Lifecycle.named("reject") + [.refused] {
            let conduct = Conduct("101") { $0.request = [Conduct.text("HTTP/1.1 101 Welcome\r\n" + rest)] }
            let seen = try await counts(lifecycle, against: conduct)
            #expect(seen.accepted == 4)
            let twin = Conduct("400") { $0.request = [Conduct.text("HTTP/1.1 400 No\r\n\r\n")] }
            let refused = try await counts(lifecycle, against: twin)
            #expect(refused.completed == 4)
        }
    }

    @Test("each request to be refused carries the valid key of its own handshake", arguments: Lifecycle.named("reject"))
    func keys(lifecycle: Lifecycle) async throws {
        let keys = Locked<[String]>([])
        let conduct = Conduct("notes keys") {
            $0.request = [
                .note { request in
                    guard let name = request.firstRange(of: "Sec-WebSocket-Key: ") else { return }
                    keys.withLock { $0.append(String(request[name.upperBound...].prefix { !$0.isNewline })) }
                }, Conduct.text("HTTP/1.1 400 No\r\n\r\n"),
            ]
        }
        let seen = try await counts(lifecycle, against: conduct)
        #expect(seen.completed == 4)
        let sent = keys.withLock { $0 }
        switch lifecycle.name {
        case "reject/key": #expect(sent == Array(repeating: "watertight", count: 4))
        case "reject/no-upgrade": #expect(sent.isEmpty)
        default: #expect(Set(sent).count == 4 && sent.allSatisfy { $0.utf8.count == 24 && $0.hasSuffix("==") })
        }
    }

    @Test("a target may say why it ends a handshake that does not come")
    func requestTimeout() async throws {
        let conduct = Conduct("408") { $0.accepted = [Conduct.text("HTTP/1.1 408 Request Timeout\r\n\r\n"), .end] }
        let seen = try await counts(.stallHandshake, against: conduct, hold: .seconds(60))
        #expect(seen.completed == 4 && seen.letGo == 4)
    }
}
