import Remedies
import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

/// A request over HTTP and its answer as it arrives.
final class HTTPCall {
    /// What is asked for.
    let request: HTTPRequest
    /// What has arrived.
    var reader = ResponseReader(maximumBytes: mostBytes)
    /// Whether the answer is whole, and only the end of the connection is waited for.
    var isAnswered = false

    /// As many bytes of a body are taken.
    private static let mostBytes = 1 << 20

    init(_ request: HTTPRequest) { self.request = request }

    /// Why the peer cannot go on with the answer; nil where its status is a success (RFC 9110, section 15.3).
    var refusal: String? {
        guard let head = reader.head, !(200..<300).contains(head.status) else { return nil }
        return "\(request) is answered with HTTP \(head.status) \(head.reason.escapedForTerminal)"
    }
}

/// The steps before the peer's own connection: one request after the other, each on a connection that is over before the next
/// begins, so that at no time a peer holds two.
extension Peer {
    /// Carries out these steps up to the first that must wait; after the last, connects.
    func prepare() {
        while step < supplies.stepsBeforeConnection, let current = currentStep {
            if supplies.trace != nil { traceStep(current) }
            switch current {
            case .http(let request): return begin(request)
            case .expect(let expectation, _):
                let body = dialogue?.expected ?? []
                guard expectation.matches(body, supplies.patterns, value) else {
                    notes.latestMessage = Self.excerpt(of: body, called: Self.answerName)
                    return finish(.broken("the answer is not as expected (\(current))"))
                }
            case .capture(let name, let pointer): if !capture(name, from: pointer) { return }
            default: preconditionFailure("\(current) is on the peer's own connection")
            }
            step += 1
        }
        do throws(ClientRequestError) {
            // What was captured may stand in it.
            if script.isTemplate { handshake = try supplies.handshake(value) }
        } catch {
            return finish(.notAttempted("\(error)"))
        }
        connect(within: script.stepLimit)
    }

    private func begin(_ request: HTTPRequest) {
        do throws(ClientRequestError) {
            try script.request(request, value).encode(into: &output)
        } catch {
            return finish(.notAttempted("\(error)"))
        }
        call = HTTPCall(request)
        connect(within: answerLimit)
    }

    /// How long the answer may take: as long as the `expect` that follows says.
    private var answerLimit: Duration {
        for following in supplies.steps[(step + 1)..<supplies.stepsBeforeConnection] {
            switch following {
            case .http: return script.stepLimit
            case .expect(_, let limit?): return limit
            default: continue
            }
        }
        return script.stepLimit
    }

    /// The connection of a request is ready.
    func callReady(_ readiness: Readiness) {
        if readiness.contains(.writable) { flush() }
        guard isRegistered, !readiness.isDisjoint(with: [.readable, .peerHalfClosed, .hangup, .failed]) else { return }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        switch receive(into: window) {
        case .bytes(let count, _): take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        case .wouldBlock: break
        case .endOfStream: callEnded(.endOfStream)
        case .failed(let error): callEnded(.failed(error))
        case .encryptionFailed: call?.isAnswered == true ? callEnded(.endOfStream) : encryptionFailed()
        }
    }

    /// Takes bytes of the answer; what follows it counts for nothing.
    func takeAnswer(_ input: RawSpan) {
        guard let call, !call.isAnswered else { return }
        do throws(ResponseReader.Failure) {
            try call.reader.receive(input)
        } catch {
            return finish(
                call.refusal.map { .refused(Problem($0)) } ?? .broken("the target \(error) (\(call.request))"))
        }
        guard call.reader.isComplete, isAccepted(call) else { return }
        // The target was asked to close; one that has not done so does once it sees this end closed.
        call.isAnswered = true
        output.removeAll(keepingCapacity: false)
        setDeadline(.now + script.endLimit)
        try? shutdownWriting()
        wait(for: .readable)
    }

    /// Whether the peer may go on with the answer; if not, it ends.
    private func isAccepted(_ call: HTTPCall) -> Bool {
        guard let refusal = call.refusal else { return true }
        notes.latestMessage = Self.excerpt(of: call.reader.body, called: Self.answerName)
        finish(.refused(Problem(refusal)))
        return false
    }

    /// The target has ended the connection of a request.
    private func callEnded(_ end: StreamEnd) {
        guard let call else { return }
        if supplies.trace != nil { trace(.streamEnded(end.problem)) }
        if !call.isAnswered {
            guard isAccepted(call) else { return }
            guard case .endOfStream = end, call.reader.mayEnd, tls?.isTruncated != true else {
                return finish(.broken("\(end.problem) before its answer was whole (\(call.request))"))
            }
        }
        endCall(call)
    }

    /// The answer did not come in time; or it did, and the target keeps the connection, which this end gives up.
    func callOverdue() {
        guard let call, let step = currentStep else { return }
        if call.isAnswered { return endCall(call) }
        guard isAccepted(call) else { return }
        notes.latestMessage =
            call.reader.head == nil ? "nothing came" : Self.excerpt(of: call.reader.body, called: Self.answerName)
        finish(.stalled(step))
    }

    private func endCall(_ call: HTTPCall) {
        dialogue?.answer(call.reader.body)
        endConnection()
        self.call = nil
        step += 1
        prepare()
    }
}
