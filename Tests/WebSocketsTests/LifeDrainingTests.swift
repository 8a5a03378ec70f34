import SystemCalls
import Testing
import WebSocketProtocol

@testable import WebSockets

@Suite("A connection's life: when all output is with the kernel")
struct LifeDrainingTests {
    private static let now = Lives.start + .seconds(1)
    private static let inFive = Lives.start + .seconds(6)
    private static let clean = CloseOutcome(.peerClosed, code: .normalClosure, reason: "bye")

    /// A server that has answered the peer's Close, or a client.
    private func draining(_ role: Role, isInputDrained: Bool) -> ConnectionLife {
        var life = Lives.open(role)
        life.received(isDrained: isInputDrained, at: Lives.start)
        _ = life.peerClosed(.normalClosure, reason: "bye", at: Self.now)
        return life
    }

    @Test("a server closes after the handshake if nothing unread could reset it, otherwise it half-closes first")
    func server() {
        var safe = draining(.server, isInputDrained: true)
        #expect(safe.outputSent(at: Self.now) == .end(Self.clean, reset: .never))
        var unsafe = draining(.server, isInputDrained: false)
        #expect(unsafe.outputSent(at: Self.now) == .halfClose(isBare: false, until: Self.inFive))
        #expect(unsafe.streamEnded(hasUnsentOutput: false) == .end(Self.clean, reset: .never))
    }

    @Test("a client waits for the server to close")
    func client() {
        var life = draining(.client, isInputDrained: true)
        #expect(life.outputSent(at: Self.now) == .wait(until: Self.inFive))
        #expect(life.streamEnded(hasUnsentOutput: false) == .end(Self.clean, reset: .never))
    }

    @Test("whoever has no closing handshake half-closes", arguments: [Role.server, .client])
    func unclean(role: Role) {
        var life = Lives.open(role)
        life.received(isDrained: true, at: Lives.start)
        _ = life.protocolFailed(ProtocolFailure(.reservedBits), at: Self.now)
        #expect(life.outputSent(at: Self.now) == .halfClose(isBare: false, until: Self.inFive))
        var bare = Lives.open(role)
        _ = bare.closeStream(at: Self.now)
        #expect(bare.outputSent(at: Self.now) == .halfClose(isBare: true, until: Self.inFive))
    }

    @Test("a peer that had half-closed gets what is owed to it, then the end", arguments: [Role.server, .client])
    func halfClosedPeer(role: Role) {
        var life = draining(role, isInputDrained: false)
        #expect(life.streamEnded(hasUnsentOutput: true) == .awaitReadiness)
        #expect(life.awaitsInput == false, "its end would be reported again and again")
        #expect(life.outputSent(at: Self.now) == .end(Self.clean, reset: .never))
    }

    @Test("a planned failure comes once what was sent before it is out")
    func failures() {
        var silent = LifeStage.failing.life(.server, failing: .timeout)
        #expect(silent.outputSent(at: Self.now) == .awaitReadiness)
        #expect(silent.isFailingUnnoticed && !silent.awaitsInput)
        var dropped = LifeStage.failing.life(.server, failing: .drop)
        #expect(dropped.outputSent(at: Self.now) == .drain(until: Self.inFive))
        #expect(dropped.pendingOutcome == CloseOutcome(.endOfStream))
        var reset = LifeStage.failing.life(.server, failing: .reset)
        #expect(reset.outputSent(at: Self.now) == .end(Lives.reset, reset: .always))
    }

    @Test("a failure that came too late for our side is not what it reports")
    func noticedFailures() {
        let noticed = LifeStage.failingNoticed.pending!
        var dropped = LifeStage.failingNoticed.life(.server, failing: .drop)
        #expect(dropped.outputSent(at: Self.now) == .drain(until: Self.inFive))
        #expect(dropped.pendingOutcome == noticed)
        var reset = LifeStage.failingNoticed.life(.server, failing: .reset)
        #expect(reset.outputSent(at: Self.now) == .end(noticed, reset: .always))
    }

    @Test("elsewhere it means nothing", arguments: [LifeStage.connecting, .handshaking, .open, .closing, .closed])
    func elsewhere(stage: LifeStage) {
        var life = stage.life(.client)
        #expect(life.outputSent(at: Self.now) == .none)
        #expect(LifeStage(of: life) == stage)
    }
}
