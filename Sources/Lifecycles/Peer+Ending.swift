import Glibc
import Sockets
import SystemCalls
import WebSocketProtocol

/// How the target ends a connection, and how the peer reacts.
extension Peer {
    /// How the stream came to its end.
    enum StreamEnd {
        case endOfStream
        case failed(SystemCallError)

        var problem: String {
            switch self {
            case .endOfStream: "the target ended the stream"
            case .failed(let error): "\(error)"
            }
        }
    }

    /// Whether the lifecycle has taken place for the target.
    var hasReachedPoint: Bool { isUpgraded && step >= supplies.point }

    func streamEnded(_ end: StreamEnd) {
        let end = sendFailure.map(StreamEnd.failed) ?? end
        if supplies.trace != nil { trace(.streamEnded(end.problem)) }
        switch currentStep {
        case nil: break
        case .awaitEnd, .awaitRefusal: next()
        case .awaitClose where hasProvoked: next()
        // What the kernel has not taken by then, nobody will read.
        case .leaveWithFIN, .leaveWithReset: return finish(.completed)
        case .hold, .holdFor, .trickleRequest:
            noteLetGo()
            leave()
        case .stay:
            noteLetGo()
            // A reset connection leaves nothing to keep.
            if case .failed = end { return leave() }
            // The end of the stream stays readable: only a reset is news.
            wait(for: [])
        case let step?:
            guard hasReachedPoint, let deviation = PeerDeviation(end, at: step) else {
                return finish(.broken("\(end.problem) (\(step))"))
            }
            deviate(deviation)
        }
    }

    /// The target has closed while the peer was sending. If it may do so, what it sent last is still read.
    private func sendFailed(_ error: SystemCallError) {
        output.removeAll(keepingCapacity: false)
        switch currentStep {
        // A target may answer before it has read the whole request.
        case .http: break
        case .hold, .holdFor, .stay, .trickleRequest, .awaitRefusal, .awaitEnd, .leaveWithFIN, .leaveWithReset: break
        case .awaitClose where hasProvoked: break
        case _ where hasReachedPoint && error.isEndOfConnection: sendFailure = error
        default: return finish(.broken("\(error)"))
        }
        wait(for: restingInterest)
    }

    func flush() {
        while !output.isEmpty {
            let result = output.withUnsafeBytes { send($0) }
            switch result {
            case .bytes(let count):
                if supplies.trace != nil { traceBytes(output.withUnsafeBytes { Array($0[..<count]) }, isSent: true) }
                output.removeFirst(count)
            case .wouldBlock: return wait(for: restingInterest.union(.writable))
            case .failed(let error): return sendFailed(error)
            }
        }
        output.removeAll(keepingCapacity: false)
        wait(for: restingInterest)
    }

    /// What to wait for with nothing to send: a peer that does not read waits only for the end, and once.
    private var restingInterest: Readiness {
        guard attention == .deaf else { return .readable }
        return notes.letGoAfter == nil ? .peerHalfClosed : []
    }

    func noteLetGo() {
        guard notes.letGoAfter == nil else { return }
        notes.letGoAfter = timedStep == step ? max(.zero, loop.turnStart - stayBegan) : .zero
    }

    /// The target's Close came before a message could be sent.
    func targetHasClosed() {
        guard let closeCode, let step = currentStep else {
            return finish(.broken("the target closed before a message could be sent"))
        }
        let deviation = PeerDeviation.close(closeCode, at: step)
        hasReachedPoint ? deviate(deviation) : finish(.broken("\(deviation)"))
    }

    /// The target has ended the connection in its own way: the peer leaves as its lifecycle does.
    func deviate(_ deviation: PeerDeviation) {
        notes.deviation = notes.deviation ?? deviation
        let rest = supplies.steps[step...]
        // After a Close frame the target gets time to end TCP first (RFC 6455, section 7.1.1).
        guard case .close = deviation, let end = rest.firstIndex(of: .awaitEnd) else { return leave() }
        step = end
        advance()
    }

    /// The target broke RFC 6455: the peer fails the connection (section 7.1.7).
    func targetViolated(_ failure: ProtocolFailure) {
        guard let step = currentStep else { return }
        let hasSentClose = supplies.steps[..<self.step].contains(where: \.isClose)
        let violation = ProtocolViolation(failure, hasSentClose ? .afterPeerClose : .beforeClose, at: step)
        notes.violation = notes.violation ?? violation
        guard hasReachedPoint else { return finish(.broken("\(failure)")) }
        if violation == nil { notes.deviation = .tooBig(at: step) }
        leave()
    }

    /// Goes to the last step, which leaves.
    private func leave() {
        if currentStep == .rendezvous { supplies.rendezvous.leave(self) }
        step = supplies.steps.count - 1
        advance()
    }
}

extension PeerDeviation {
    /// The deviation of a stream that ended; nil if the network failed and not the target.
    fileprivate init?(_ end: Peer.StreamEnd, at step: Lifecycle.Step) {
        switch end {
        case .endOfStream: self = .endOfStream(at: step)
        case .failed(let error) where error.isEndOfConnection: self = .reset(at: step)
        case .failed: return nil
        }
    }
}

extension SystemCallError {
    /// Whether the other end reset the connection, as opposed to a network failure.
    fileprivate var isEndOfConnection: Bool { errno == ECONNRESET || errno == EPIPE }
}
