import Sockets
import WebSocketProtocol

extension Connection {
    /// The failure that a `FaultPlan` injected into this connection; nil if none was, so that an end is the network's
    /// own.
    ///
    /// The outcome does not show it: it is what the WebSocket layer sees of a real failure of that kind.
    public var injectedFailure: FaultPlan.Failure? { faults?.injected }

    /// Bytes of the backlog that may leave now.
    var sendableBytes: Int { backlog.count - (faults?.heldBytes ?? 0) }

    /// Loses the message that is about to be sent, if the plan says so; returns whether it did.
    func losesMessage(to faults: FaultInjector) -> Bool {
        guard let failure = faults.failureOfNextMessage() else { return false }
        // What was sent before still leaves.
        buffers.claimCork(for: self)
        sendCork()
        guard life.messageLost(to: failure) else { return true }
        dropInput()
        accountForBuffers()
        awaitOutputSent()
        return true
    }
}
