import SystemCalls
import Testing
import WebSocketProtocol

@testable import WebSockets

@Suite("A connection's life: deadlines and silence")
struct LifeDeadlineTests {
    private func at(_ seconds: Int) -> MonotonicTime { Lives.start + .seconds(seconds) }

    @Test("connecting and the handshake have limits of their own")
    func opening() {
        #expect(Lives.life(.client).begin(at: at(0)) == at(1))
        #expect(Lives.life(.server).begin(at: at(0)) == at(2))
    }

    @Test("an open connection is looked at when a Ping is due, or without Pings when it is idle")
    func first() {
        var life = Lives.life(.server)
        #expect(life.opened(at: at(0), unsentBytes: 0) == at(20))
        var quiet = Lives.life(.server) { $0.pingInterval = nil }
        #expect(quiet.opened(at: at(0), unsentBytes: 0) == at(60))
    }

    @Test("every byte moves the limit: a peer that sends stays for ever")
    func bytes() {
        var life = Lives.open(.server) { $0.pingInterval = nil }
        var deadline = at(60)
        for second in stride(from: 30, to: 600, by: 30) {
            life.received(isDrained: true, at: at(second))
            guard deadline <= at(second) else { continue }
            #expect(life.deadlineReached(at: deadline, unsentBytes: 0) == .wait(until: at(second + 60)))
            deadline = at(second + 60)
        }
        #expect(LifeStage(of: life) == .open)
    }

    @Test("a Ping is sent once, a Pong begins anew, silence closes with 1011")
    func pings() {
        var life = Lives.open(.server)
        #expect(life.deadlineReached(at: at(19), unsentBytes: 0) == .wait(until: at(20)))
        #expect(life.deadlineReached(at: at(20), unsentBytes: 0) == .ping(until: at(40)))
        #expect(life.deadlineReached(at: at(30), unsentBytes: 0) == .wait(until: at(40)))
        life.received(isDrained: true, at: at(39))
        #expect(life.deadlineReached(at: at(40), unsentBytes: 0) == .wait(until: at(59)))
        #expect(life.deadlineReached(at: at(59), unsentBytes: 0) == .ping(until: at(79)))
        #expect(
            life.deadlineReached(at: at(79), unsentBytes: 0)
                == .sendClose(.internalError, reason: "no answer to a Ping", until: at(84)))
        #expect(life.pendingOutcome?.cause == .limit(.pong))
        #expect(
            life.deadlineReached(at: at(84), unsentBytes: 0)
                == .end(
                    CloseOutcome(.limit(.pong), code: .internalError, reason: "no answer to a Ping"), reset: .ifUnread))
    }

    @Test("a silent failure is noticed by the same limits, though nothing is sent")
    func silentFailure() {
        var life = LifeStage.failing.life(.server)
        #expect(life.deadlineReached(at: at(20), unsentBytes: 0) == .ping(until: at(40)))
        #expect(life.deadlineReached(at: at(40), unsentBytes: 0) == .wait(until: at(45)))
        #expect(life.isFailingUnnoticed == false)
        guard case .end(let outcome, .ifUnread) = life.deadlineReached(at: at(45), unsentBytes: 0) else {
            Issue.record("it goes on")
            return
        }
        #expect(outcome.limit == .pong)
    }

    @Test("a peer that we do not read from is not silent", arguments: [ConnectionLife.ReadHold.paused, .receiver])
    func held(hold: ConnectionLife.ReadHold) {
        var life = Lives.open(.server)
        life.hold(hold)
        #expect(life.deadlineReached(at: at(1000), unsentBytes: 0) == .wait(until: at(1020)))
        #expect(life.release(hold) == true)
        #expect(life.deadlineReached(at: at(1020), unsentBytes: 0) == .ping(until: at(1040)))
    }

    @Test("a peer that does not read gets no Ping, and is idle unless it reads")
    func backPressure() {
        var life = Lives.open(.server)
        life.outputQueued(400)
        #expect(life.deadlineReached(at: at(20), unsentBytes: 0) == .wait(until: at(60)))
        life.outputTaken(at: at(50))
        #expect(life.deadlineReached(at: at(60), unsentBytes: 0) == .wait(until: at(110)))
        guard case .sendClose(.goingAway, _, _) = life.deadlineReached(at: at(110), unsentBytes: 0) else {
            Issue.record("it stays for ever")
            return
        }
        #expect(life.pendingOutcome?.cause == .limit(.idle))
    }

    @Test("what the kernel takes says nothing of a peer that we read from")
    func taken() {
        var life = Lives.open(.server)
        life.outputTaken(at: at(15))
        #expect(life.openDeadline(at: at(15), unsentBytes: 0) == at(20))
    }

    @Test("ciphertext that waits is back-pressure to a server, not to a client")
    func ciphertext() {
        let server = Lives.open(.server)
        #expect(server.openDeadline(at: at(0), unsentBytes: 1) == at(60))
        let client = Lives.open(.client)
        #expect(client.openDeadline(at: at(0), unsentBytes: 1) == at(20))
    }

    @Test("a server's ciphertext that is taken shows a peer that reads; all of it, and Pings are due again")
    func ciphertextTaken() {
        var server = Lives.open(.server)
        #expect(server.encryptedBytesTaken(at: at(10), unsentBytes: 7) == nil)
        #expect(server.openDeadline(at: at(10), unsentBytes: 7) == at(70))
        #expect(server.encryptedBytesTaken(at: at(11), unsentBytes: 0) == at(31))
        var client = Lives.open(.client)
        #expect(client.encryptedBytesTaken(at: at(10), unsentBytes: 0) == nil)
        #expect(client.lastReceived == Lives.start)
    }

    @Test("a deadline is never in the past")
    func past() {
        let life = Lives.open(.server)
        #expect(life.openDeadline(at: at(100), unsentBytes: 0) == at(100) + .milliseconds(1))
    }
}
