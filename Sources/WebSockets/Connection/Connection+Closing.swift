import Sockets
import SystemCalls
public import WebSocketProtocol

extension Connection {
    /// Begins the closing handshake (RFC 6455, section 7.1.2); the peer has `closeLimit` to answer.
    ///
    /// No effect once closing has begun. Before the connection is open it ends at once.
    @inline(never)
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") {
        perform(life.close(code, reason: reason, at: loop.turnStart))
    }

    /// Ends the connection at once: no closing handshake, a reset on the wire, unsent bytes dropped.
    public func closeNow() {
        perform(life.end(CloseOutcome(.aborted), reset: .always))
    }

    /// Ends the stream with no Close frame, and over TLS no close_notify, as the system does for a process that is killed:
    /// sends what is left, then a FIN, and discards input until the peer ends its own, at most for `closeLimit`.
    public func closeStream() {
        perform(life.closeStream(at: loop.turnStart))
    }

    /// Neither reads, sends nor ends from now on, as a peer whose network is gone: no Pong, and no limit is kept.
    ///
    /// The descriptor stays open until `closeNow()`, or until the peer's reset.
    public func vanish() {
        perform(life.vanish())
    }

    /// Ends the connection without a closing handshake, in good order.
    func end(_ outcome: CloseOutcome) {
        perform(life.end(outcome))
    }

    /// Ends the connection, which is not open yet, because another needs its place.
    func evict(because limit: LimitName) {
        perform(life.evict(because: limit))
    }

    /// Ends the connection because all connections together hold too much memory: releases its buffers at once.
    func evictForMemory() {
        if life.isOpen {
            buffers.claimCork(for: self)
            // Another connection's output went out meanwhile, and may have needed the same memory.
            guard life.isOpen else { return }
        }
        let canSend = backlog.isEmpty && undeliveredBytes == 0
        let action = life.evictForMemory(canSend: canSend, at: loop.turnStart)
        if case .drain = action {
            machine.abandon(.tryAgainLater, reason: LimitName.buffered.rawValue, into: &buffers.cork)
        }
        perform(action)
        accountForBuffers()
    }
}
