import Sockets
import SystemCalls
import Testing
import WebSocketProtocol

@testable import WebSockets

/// What each event means in each phase. Where a row names no stage, the event changes nothing there and nothing is done.
@Suite("A connection's life: every event in every phase")
struct LifeTableTests {
    typealias Action = ConnectionLife.Action
    typealias Step = (stages: [LifeStage], action: @Sendable (LifeStage) -> Action, then: LifeStage)

    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let event: @Sendable (inout ConnectionLife) -> Action
        let steps: [Step]
        let roles: [Role]

        init(
            _ name: String, roles: [Role] = [.client, .server],
            _ event: @escaping @Sendable (inout ConnectionLife) -> Action, _ steps: [Step]
        ) {
            testDescription = name
            self.roles = roles
            self.event = event
            self.steps = steps
        }
    }

    private static let now = Lives.start + .seconds(1)
    private static let inFive = Lives.start + .seconds(6)
    private static let all = LifeStage.allCases
    private static let alive = all.filter { $0 != .closed }

    /// Ends with the outcome that was certain before, otherwise with `outcome`.
    private static func ends(
        _ outcome: CloseOutcome, _ reset: ConnectionLife.Reset = .never
    ) -> @Sendable (LifeStage) -> Action {
        { .end($0.pending ?? outcome, reset: reset) }
    }

    private static func always(_ action: Action) -> @Sendable (LifeStage) -> Action { { _ in action } }

    static let ours: [Row] = [
        Row(
            "we close", { $0.close(.goingAway, reason: "bye", at: now) },
            [
                ([.connecting, .handshaking], always(.end(CloseOutcome(.aborted), reset: .never)), .closed),
                ([.open], always(.sendClose(.goingAway, reason: "bye", until: inFive)), .closing),
                ([.failing], always(.wait(until: inFive)), .failingNoticed),
            ]),
        Row(
            "a limit closes", { $0.close(.goingAway, reason: "idleLimit", because: .idle, at: now) },
            [
                ([.connecting, .handshaking], always(.end(CloseOutcome(.aborted), reset: .never)), .closed),
                ([.open], always(.sendClose(.goingAway, reason: "idleLimit", until: inFive)), .closingByLimit),
                ([.failing], always(.wait(until: inFive)), .failingNoticed),
            ]),
        Row(
            "we end the stream", { $0.closeStream(at: now) },
            [(alive.filter { $0 != .draining }, always(.drain(until: inFive)), .draining)]),
        Row("we vanish", { $0.vanish() }, [([.open], always(.wait(until: .never)), .open)]),
        Row(
            "we end at once", { $0.end(CloseOutcome(.aborted), reset: .always) },
            [(alive, always(.end(CloseOutcome(.aborted), reset: .always)), .closed)]),
        Row(
            "another needs its place", { $0.evict(because: .connections) },
            [(alive, ends(CloseOutcome(.limit(.connections))), .closed)]),
        Row(
            "all hold too much memory, and a Close can go first", { $0.evictForMemory(canSend: true, at: now) },
            [
                ([.open], always(.drain(until: inFive)), .draining),
                (alive.filter { $0 != .open }, always(evicted), .closed),
            ]),
        Row(
            "all hold too much memory, and output waits", { $0.evictForMemory(canSend: false, at: now) },
            [(alive, always(evicted), .closed)]),
        Row(
            "the FIN cannot be sent", { $0.halfCloseFailed() },
            [(alive, ends(CloseOutcome(.aborted)), .closed)]),
    ]

    private static let evicted = Action.end(
        CloseOutcome(.limit(.buffered), code: .tryAgainLater), reset: .always)
    private static let breach = ProtocolFailure(.reservedBits)
    private static let violation = EncryptionFailure.violation("bad record")

    static let peers: [Row] = [
        Row(
            "TCP is connected", roles: [.client], { $0.connectEnded(nil, at: now) },
            [([.connecting], always(.beginHandshake(until: Lives.start + .seconds(3))), .handshaking)]),
        Row(
            "TCP does not connect", roles: [.client], { $0.connectEnded(Lives.broken, at: now) },
            [([.connecting], always(.end(Lives.reset, reset: .never)), .closed)]),
        Row(
            "the handshake is refused", { $0.refused(status: 426, because: nil, at: now) },
            [([.handshaking], always(.drain(until: inFive)), .draining)]),
        Row(
            "the peer's Close", { $0.peerClosed(.goingAway, reason: "", at: now) },
            [([.open, .closing, .closingByLimit], always(.drain(until: inFive)), .draining)]),
        Row(
            "the peer breaks the protocol", { $0.protocolFailed(breach, at: now) },
            [([.open, .closing, .closingByLimit], always(.drain(until: inFive)), .draining)]),
        Row(
            "the peer's FIN, all sent", { $0.streamEnded(hasUnsentOutput: false) },
            [(alive, ends(CloseOutcome(.endOfStream)), .closed)]),
        Row(
            "the peer's FIN, output waits", { $0.streamEnded(hasUnsentOutput: true) },
            [
                ([.draining], always(.awaitReadiness), .draining),
                (alive.filter { $0 != .draining }, ends(CloseOutcome(.endOfStream)), .closed),
            ]),
        Row("reading or writing fails", { $0.broke(Lives.broken) }, [(alive, ends(Lives.reset), .closed)]),
        Row(
            "the connection breaks unread", { $0.hungUp() },
            [(alive, always(.end(Lives.reset, reset: .never)), .closed)]),
        Row(
            "a client cannot decrypt", roles: [.client], { $0.encryptionFailed(violation, at: now) },
            [(alive, ends(CloseOutcome(.encryptionFailed(violation))), .closed)]),
        Row(
            "a server cannot decrypt", roles: [.server], { $0.encryptionFailed(violation, at: now) },
            [(alive.filter { $0 != .draining }, always(.drain(until: inFive)), .draining)]),
        Row(
            "a server gets a TLS alert", roles: [.server], { $0.encryptionFailed(.alert("bad certificate"), at: now) },
            [(alive, ends(CloseOutcome(.encryptionFailed(.alert("bad certificate")))), .closed)]),
    ]

    static let timed: [Row] = [
        Row(
            "the deadline", { $0.deadlineReached(at: Lives.start + .seconds(60), unsentBytes: 0) },
            [
                ([.connecting], always(.end(CloseOutcome(.limit(.connect)), reset: .never)), .closed),
                ([.handshaking], always(.end(CloseOutcome(.limit(.handshake)), reset: .never)), .closed),
                (
                    [.open],
                    always(.sendClose(.goingAway, reason: "idleLimit", until: Lives.start + .seconds(65))),
                    .closingByLimit
                ),
                ([.failing], always(.wait(until: Lives.start + .seconds(65))), .failingNoticed),
                (
                    [.failingNoticed, .closing, .closingByLimit, .draining],
                    ends(CloseOutcome(.limit(.close)), .ifUnread), .closed
                ),
            ]),
        Row(
            "a message is lost", { $0.messageLost(to: .timeout) ? .awaitReadiness : .none },
            [([.open], always(.awaitReadiness), .failing)]),
    ]

    @Test("our side", arguments: ours)
    func ourSide(_ row: Row) { expect(row) }

    @Test("the peer and the network", arguments: peers)
    func peerAndNetwork(_ row: Row) { expect(row) }

    @Test("time and faults", arguments: timed)
    func timeAndFaults(_ row: Row) { expect(row) }

    private func expect(_ row: Row) {
        for role in row.roles {
            // A server's connection does not connect.
            for stage in LifeStage.allCases where role == .client || stage != .connecting {
                var life = stage.life(role)
                let action = row.event(&life)
                let step = row.steps.first { $0.stages.contains(stage) }
                #expect(action == step?.action(stage) ?? Action.none, "\(role), \(stage)")
                #expect(LifeStage(of: life) == step?.then ?? stage, "\(role), \(stage)")
            }
        }
    }

    @Test("the outcome is decided once: by a limit, otherwise by the first to close")
    func outcomes() {
        for (stage, expected) in [
            (LifeStage.open, CloseOutcome(.peerClosed, code: .goingAway, reason: "x")),
            (.closing, CloseOutcome(.locallyClosed, code: .goingAway, reason: "x")),
            (.closingByLimit, LifeStage.closingByLimit.pending!), (.draining, LifeStage.draining.pending!),
        ] {
            var life = stage.life(.server)
            _ = life.peerClosed(.goingAway, reason: "x", at: Self.now)
            #expect(life.pendingOutcome == expected, "\(stage)")
        }
        var life = LifeStage.closingByLimit.life(.server)
        _ = life.protocolFailed(Self.breach, at: Self.now)
        #expect(life.pendingOutcome == CloseOutcome(.protocolFailure(Self.breach), code: .protocolError))
    }
}
