import Foundation
import Lifecycles
import Remedies
import Testing
import WebSocketProtocol

@Suite("A target may end a connection in its own way", .serialized)
struct DeviationTests {
    /// The lifecycles that wait for an answer to what they have sent.
    private static let exchanging = Lifecycle.plain.filter { lifecycle in
        lifecycle.steps.contains {
            if case .awaitReplies = $0 { true } else { false }
        }
    }

    @Test("a handler that raises on the message ends the stream", arguments: exchanging)
    private func endsOnMessage(lifecycle: Lifecycle) async throws {
        let seen = try await counts(lifecycle, against: Conduct("raises") { $0.message = [.end] })
        #expect(seen.completed == 4 && seen.endedOtherwise == 4, "\(seen.firstProblem ?? "")")
        let step = try #require(lifecycle.steps.first { "\($0)".contains("repl") })
        // What was sent after the first message is unread, and then the kernel resets.
        if step == .awaitReplies(1) { #expect(seen.firstDeviation == .endOfStream(at: step)) }
        #expect(seen.violations == 0 && seen.firstProblem == nil && seen.broken == 0)
    }

    @Test("a handler that raises on the message resets TCP", arguments: exchanging)
    private func resetsOnMessage(lifecycle: Lifecycle) async throws {
        let seen = try await counts(lifecycle, against: Conduct("raises") { $0.message = [.reset] })
        #expect(seen.completed == 4 && seen.endedOtherwise == 4, "\(seen.firstProblem ?? "")")
        let step = try #require(lifecycle.steps.first { "\($0)".contains("repl") })
        #expect(seen.firstDeviation == .reset(at: step))
    }

    @Test("a handler that raises on the message is closed with 1011", arguments: exchanging)
    private func closesOnMessage(lifecycle: Lifecycle) async throws {
        let seen = try await counts(lifecycle, against: Conduct("raises") { $0.message = [Conduct.close(1011)] })
        #expect(seen.completed == 4 && seen.endedOtherwise == 4, "\(seen.firstProblem ?? "")")
        let step = try #require(lifecycle.steps.first { "\($0)".contains("repl") })
        #expect(seen.firstDeviation == .close(.internalError, at: step))
        #expect(seen.violations == 0)
    }

    @Test("one that ends TCP on Close without an answer")
    func endsOnClose() async throws {
        let seen = try await counts(.cleanClose, against: Conduct("ends on Close") { $0.close = [.end] })
        #expect(seen.completed == 4 && seen.endedOtherwise == 4 && seen.violations == 0)
        #expect(seen.firstDeviation == .endOfStream(at: .awaitClose))
        let healthy = try await counts(.cleanClose, against: Conduct("healthy"))
        #expect(healthy.completed == 4 && healthy.endedOtherwise == 0 && healthy.firstDeviation == nil)
        let never = try await counts(
            .cleanClose, against: Conduct("never answers Close") { $0.close = [] }, stepLimit: .seconds(5))
        #expect(never.stalled == 4 && never.firstStall == .awaitClose, "silence is no end")
    }

    @Test("an HTTP error after Close is a violation, and the connection counts")
    func httpAfterClose() async throws {
        let instead = try await counts(
            .cleanClose, against: Conduct("HTTP on Close") { $0.close = [Conduct.httpError, .end] })
        #expect(instead.completed == 4 && instead.violations == 4 && instead.broken == 0)
        let violation = try #require(instead.firstViolation)
        #expect(violation.rule == .reservedBits && violation.moment == .afterPeerClose && violation.step == .awaitClose)
        let behind = try await counts(
            .cleanClose, against: Conduct("HTTP after Close") { $0.close = [.reply, Conduct.httpError, .end] })
        #expect(behind.completed == 4 && behind.violations == 4 && behind.endedOtherwise == 0)
        #expect(behind.firstViolation?.rule == .bytesAfterClose)
        #expect(behind.firstViolation?.moment == .afterTargetClose)
        let pong = try await counts(
            .cleanClose, against: Conduct("Pong after Close") { $0.close = [.reply, .write([0x8A, 0]), .end] })
        #expect(pong.completed == 4 && pong.violations == 0, "a control frame may have been on its way")
    }

    @Test("a violation counts from the point of the lifecycle on, and breaks the connection before")
    func violationBeforeAndAfter() async throws {
        let masked = Conduct.Act.write([0x81, 0x80, 0, 0, 0, 0])
        let after = try await counts(.fin, against: Conduct("masks its answer") { $0.message = [masked] })
        #expect(after.completed == 4 && after.violations == 4 && after.firstProblem == nil)
        #expect(after.firstViolation?.rule == .maskedFrame && after.firstViolation?.moment == .beforeClose)
        let before = try await counts(
            .fin, against: Conduct("garbage with the 101") { $0.request = [.upgrade(and: [0x81, 0x80, 0, 0, 0, 0])] })
        #expect(before.broken == 4 && before.completed == 0 && before.violations == 4)
    }

    @Test("what arrives while nobody listens is no violation")
    func ignored() async throws {
        let garbage = Conduct("garbage") { $0.failure = [Conduct.httpError, .end] }
        let lifecycle = try #require(Lifecycle.named("protocol-error/utf8").first)
        let seen = try await counts(lifecycle, against: garbage, hold: .seconds(7200))
        #expect(seen.completed == 4 && seen.violations == 0 && seen.endedOtherwise == 0 && seen.letGo == 4)
    }

    @Test("a frame beyond what the peer takes is no violation")
    func tooBig() async throws {
        let huge: [UInt8] = [0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]
        let seen = try await counts(.fin, against: Conduct("sends much") { $0.message = [.write(huge)] })
        #expect(seen.completed == 4 && seen.violations == 0)
        #expect(seen.firstDeviation == .tooBig(at: .awaitReplies(1)))
    }

    @Test("what was counted can be written and read")
    func codable() async throws {
        var both = try await counts(.cleanClose, against: Conduct("ends on Close") { $0.close = [.end] })
        both += try await counts(
            .cleanClose, against: Conduct("HTTP on Close") { $0.close = [Conduct.httpError, .end] })
        both += try await counts(.fin, against: Conduct("raises") { $0.message = [Conduct.close(1011)] })
        #expect(both.endedOtherwise == 8 && both.violations == 4 && both.completed == 12)
        #expect(both.firstDeviation == .endOfStream(at: .awaitClose), "the first is kept")
        let read = try JSONDecoder().decode(DriveCounts.self, from: JSONEncoder().encode(both))
        #expect(read == both)
    }

    @Test("in words")
    func descriptions() async throws {
        let seen = try await counts(
            .cleanClose, against: Conduct("HTTP on Close") { $0.close = [Conduct.httpError, .end] })
        #expect(
            seen.firstViolation?.description
                == "after the peer's Close the target sent what may not be sent (waiting for the Close frame): reserved bit "
                + "set without an extension (RFC 6455, section 5.2)")
        #expect(
            PeerDeviation.close(.internalError, at: .awaitReplies(1)).description
                == "the target sent a Close with 1011 (waiting for a reply)")
    }
}
