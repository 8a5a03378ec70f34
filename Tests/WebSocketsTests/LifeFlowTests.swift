import Testing
import WebSocketProtocol

@testable import WebSockets

@Suite("A connection's life: what may be read and sent")
struct LifeFlowTests {
    @Test("messages may be sent while it is open, and are lost unnoticed after a fault")
    func sending() {
        for stage in LifeStage.allCases {
            var life = stage.life(.client)
            let expected: SendOutcome? = stage == .open ? nil : stage == .failing ? .accepted : .closed
            #expect(life.refusal(queued: 0) == expected, "\(stage)")
        }
    }

    @Test(
        "a full send buffer refuses, and the handler is told at a sixteenth of it", arguments: [Role.server, .client])
    func refusal(role: Role) {
        var life = Lives.open(role)
        #expect(life.refusal(queued: 1599) == nil)
        #expect(life.awaitsDrain == false)
        #expect(life.refusal(queued: 1600) == .bufferFull)
        #expect(life.awaitsDrain == true)
        #expect(life.outputDrained(to: 101) == false)
        #expect(life.outputDrained(to: 100) == true)
        #expect(life.outputDrained(to: 0) == false, "told once")
    }

    @Test("from a quarter of the send buffer on a server does not read; a client always does")
    func backPressure() {
        var server = Lives.open(.server)
        server.outputQueued(399)
        #expect(server.parsesMessages && server.awaitsInput)
        server.outputQueued(400)
        #expect(server.holds == .backPressure)
        #expect(!server.parsesMessages && !server.awaitsInput && server.isReadingHeld)
        #expect(server.outputDrained(to: 100) == true)
        #expect(server.parsesMessages && server.awaitsInput)
        var client = Lives.open(.client)
        client.outputQueued(1600)
        #expect(client.parsesMessages && !client.awaitsDrain)
    }

    @Test("only an open server is held back: not by what it still sends while it ends")
    func backPressureElsewhere() {
        for stage in LifeStage.allCases where stage != .open {
            var life = stage.life(.server)
            life.outputQueued(1600)
            #expect(life.holds == [], "\(stage)")
        }
    }

    @Test("reading goes on when the last of its holds is released")
    func holds() {
        var life = Lives.open(.server)
        life.hold(.paused)
        life.hold(.receiver)
        life.outputQueued(1600)
        #expect(life.release(.paused) == true)
        #expect(life.parsesMessages == false)
        #expect(life.release(.paused) == false, "it no longer holds")
        #expect(life.release(.receiver) == true)
        #expect(life.parsesMessages == false)
        #expect(life.outputDrained(to: 0) == true)
        #expect(life.parsesMessages == true)
    }

    @Test("closing, ending the stream, a fault and the peer's end release all holds: the peer's Close must be read")
    func released() {
        let now = Lives.start
        let ends: [(inout ConnectionLife) -> Void] = [
            { _ = $0.close(.normalClosure, reason: "", at: now) }, { _ = $0.closeStream(at: now) },
            { _ = $0.messageLost(to: .reset) },
            { _ = $0.protocolFailed(ProtocolFailure(.reservedBits), at: now) },
        ]
        for end in ends {
            var life = Lives.open(.server)
            life.hold(.paused)
            life.hold(.receiver)
            life.outputQueued(400)
            end(&life)
            #expect(life.holds == [])
        }
    }

    @Test(
        "a pause before it is open, or while it closes, keeps neither the handshake nor the peer's Close from being read"
    )
    func pausedElsewhere() {
        for stage in [LifeStage.connecting, .handshaking, .closing, .draining] {
            var life = stage.life(.client)
            life.hold(.paused)
            #expect(life.awaitsInput && !life.isReadingHeld, "\(stage)")
            #expect(life.parsesMessages == (stage == .closing), "\(stage)")
        }
    }

    @Test("who vanishes reads nothing; what comes after a fault or an end is dropped")
    func silence() {
        var vanished = Lives.open(.client)
        _ = vanished.vanish()
        #expect(!vanished.awaitsInput && !vanished.parsesMessages)
        for stage in LifeStage.allCases {
            let discards = [LifeStage.failing, .failingNoticed, .draining].contains(stage)
            #expect(stage.life(.server).discardsInput == discards, "\(stage)")
        }
    }
}
