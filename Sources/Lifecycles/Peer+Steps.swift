import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

extension Peer {
    /// Carries out the steps up to the first that must wait.
    func advance() {
        while isRegistered, let current = currentStep {
            if supplies.trace != nil { traceStep(current) }
            switch current {
            // Requests come before the connection; one that stands later is none.
            case .http: return finish(.broken("a request over HTTP comes before the connection (\(current))"))
            case .sendRequest: handshake.encodeRequest(into: &output)
            case .sendRequestFor(let target): if !appendRequest(for: target) { return }
            case .sendFaultyRequest(let fault): appendRequest(with: fault)
            case .sendHalfRequest: appendHalfRequest()
            case .trickleRequest: return beginTrickle()
            case .sendMessages(let count, let bytes): if !appendMessages(count, bytes: bytes) { return }
            case .send(let text): if !append(.text, Array(text.filled(value).utf8)) { return }
            case .sendBinary(let bytes): if !append(.binary, bytes) { return }
            case .sendOctets(let bytes): bytes.withUnsafeBytes { output.append($0) }
            case .sendPings(let count): appendPings(count)
            case .sendBytes(let piece): piece.encode(into: &output)
            case .provokeClose: provokeClose()
            case .ignoreTarget: attention = .none
            case .stopReading: attention = .deaf
            case .resumeReading: attention = .full
            case .sendClose: appendClose(.normalClosure)
            case .sendCloseWith(let code, let reason): appendClose(CloseCode(rawValue: code), reason.filled(value))
            case .expect(let expectation, _): if !takes(expectation) { return awaitAnswer() }
            case .capture(let name, let pointer): if !capture(name, from: pointer) { return }
            case .awaitUpgrade: if !isUpgraded { return awaitTarget() }
            case .awaitReplies(let count): if script.expectsReply && replies < count { return awaitAnswer() }
            case .awaitPong: if !hasLastPong { return awaitAnswer() }
            case .awaitClose: if closeCode == nil { return awaitTarget() }
            case .awaitRefusal, .awaitUnread, .awaitEnd, .stay: return awaitTarget()
            case .hold, .holdFor:
                // A target that closes releases a peer that listens.
                guard closeCode != nil, attention == .full else { return awaitTarget() }
                noteLetGo()
            case .rendezvous:
                return arrive()
            case .tls(let step): if !carryOut(step) { return }
            case .leaveWithFIN: return leaveWithFIN()
            case .leaveWithReset: return leaveWithReset()
            }
            endStep()
        }
    }

    private func leaveWithFIN() {
        flush()
        // What the kernel has not taken yet is part of the lifecycle, unless the target waits for this peer.
        guard !isRegistered || attention == .deaf || output.isEmpty && unsentBytes == 0 else { return awaitTarget() }
        // After both Close frames the end is a polite one; any other is a bare FIN.
        if closeCode != nil, !withholdsCloseNotify { endEncryption() }
        if supplies.keepsTickets { supplies.ticket = tls?.ticket ?? supplies.ticket }
        closeDescriptor()
        finish(.completed)
    }

    private func leaveWithReset() {
        flush()
        resetDescriptor()
        finish(.completed)
    }

    /// Waits for the other peers, which go on together.
    private func arrive() {
        guard timedStep != step else { return }
        awaitTarget()
        supplies.rendezvous.arrive(self)
    }

    /// The current step is done.
    func endStep() {
        step += 1
        // What answered the opening answers no message of the lifecycle.
        if step == supplies.openingSteps.upperBound { replies = 0 }
    }

    /// Waits for an answer, unless the target has closed and none can come.
    private func awaitAnswer() {
        guard let closeCode, let currentStep else { return awaitTarget() }
        let deviation = PeerDeviation.close(closeCode, at: currentStep)
        hasReachedPoint ? deviate(deviation) : finish(.broken("\(deviation)"))
    }

    func awaitTarget() {
        flush()
        guard isRegistered, timedStep != step else { return }
        timedStep = step
        if currentStep?.isStay == true { stayBegan = .now }
        let limit =
            switch currentStep {
            case .hold, .stay: supplies.holdLimit
            case .holdFor(let time): supplies.mayStay ? time : .zero
            case .expect(_, let limit?): limit
            case .awaitEnd: script.endLimit
            default: script.stepLimit
            }
        setDeadline(.now + limit)
    }

    /// The key in the request of the connection's own handshake.
    private var handshakeKey: String {
        var request = ByteQueue()
        handshake.encodeRequest(into: &request)
        let text = request.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        guard let name = text.firstRange(of: "Sec-WebSocket-Key: ") else { return "" }
        return String(text[name.upperBound...].prefix { !$0.isNewline })
    }

    /// A target may answer only the latest of several Pings (RFC 6455, section 5.5.3); its length identifies it.
    static var lastPing: String { "last ping" }

    private func appendRequest(with fault: RequestFault) {
        let filled = script.filled(value)
        fault.encode(script, target: filled.target, fields: filled.fields, key: handshakeKey, into: &output)
    }

    private func appendHalfRequest() {
        var request = ByteQueue()
        handshake.encodeRequest(into: &request)
        request.withUnsafeBytes { output.append(UnsafeRawBufferPointer(rebasing: $0[..<($0.count / 2)])) }
    }

    /// A Close frame, unless the target's came first and is answered already.
    private func appendClose(_ code: CloseCode, _ reason: String = "") {
        let reason = String(decoding: reason.utf8.prefix(Self.mostReasonBytes), as: UTF8.self)
        _ = machine.appendClose(code, reason: reason, into: &output)
    }

    /// Whether a message has come that is expected.
    private func takes(_ expectation: Expectation) -> Bool {
        dialogue?.take { expectation.matches($0, supplies.patterns, value) } == true
    }

    private func appendPings(_ count: Int) {
        for number in 1...count {
            var payload = number == count ? Self.lastPing : "ping"
            _ = payload.withUTF8 { machine.appendPing(UnsafeRawBufferPointer($0).bytes, into: &output) }
        }
    }

    private func provokeClose() {
        hasProvoked = true
        if let message = supplies.opening.closingMessage {
            let bytes = Array(message.filled(value).utf8)
            _ = bytes.withUnsafeBytes { machine.appendMessage(.text, $0.bytes, into: &output) }
        } else {
            FramePiece.unassignedOpcode.encode(into: &output)
        }
    }

    // MARK: A byte at a time

    /// Time between two bytes of a trickled request.
    private static var trickleInterval: Duration { .milliseconds(10) }

    private func beginTrickle() {
        handshake.encodeRequest(into: &trickle)
        timedStep = step
        stayBegan = .now
        trickleEnd = .now + supplies.holdLimit
        trickleOn()
    }

    /// Sends the next byte, or continues once the time is over; never sends the last, which would complete the request.
    func trickleOn() {
        guard trickle.count > 1, MonotonicTime.now < trickleEnd else { return next() }
        let first = trickle.withUnsafeBytes { $0[0] }
        trickle.removeFirst(1)
        output.appendByte(first)
        flush()
        guard isRegistered else { return }
        setDeadline(.now + Self.trickleInterval)
    }
}
