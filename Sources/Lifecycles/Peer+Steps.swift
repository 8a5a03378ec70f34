import Sockets
import SystemCalls
import WebSocketProtocol

extension Peer {
    /// Carries out the steps up to the first that must wait.
    func advance() {
        while isRegistered, let current = currentStep {
            switch current {
            case .sendRequest: handshake.encodeRequest(into: &output)
            case .sendFaultyRequest(let fault):
                let filled = script.filled(lifecycle, number: number)
                fault.encode(
                    script, target: filled.target, fields: filled.fields, key: handshakeKey, into: &output)
            case .sendHalfRequest:
                var request = ByteQueue()
                handshake.encodeRequest(into: &request)
                request.withUnsafeBytes { output.append(UnsafeRawBufferPointer(rebasing: $0[..<($0.count / 2)])) }
            case .trickleRequest: return beginTrickle()
            case .sendMessages(let count, let bytes): if !appendMessages(count, bytes: bytes) { return }
            case .sendPings(let count): appendPings(count)
            case .sendBytes(let piece): piece.encode(into: &output)
            case .provokeClose: provokeClose()
            case .ignoreTarget: attention = .none
            case .stopReading: attention = .deaf
            case .sendClose:
                // No effect if the target's Close came first and is already answered.
                _ = machine.appendClose(.normalClosure, reason: "", into: &output)
            case .awaitUpgrade:
                if !isUpgraded { return awaitTarget() }
                appendFirstMessage()
            case .awaitReplies(let count): if script.expectsReply && replies < count { return awaitAnswer() }
            case .awaitPong: if !hasLastPong { return awaitAnswer() }
            case .awaitClose: if closeCode == nil { return awaitTarget() }
            case .awaitRefusal, .awaitUnread, .awaitEnd, .stay: return awaitTarget()
            case .hold:
                // A target that closes releases a peer that listens.
                guard closeCode != nil, attention == .full else { return awaitTarget() }
                noteLetGo()
            case .rendezvous:
                guard timedStep != step else { return }
                awaitTarget()
                return supplies.rendezvous.arrive(self)
            case .leaveWithFIN:
                flush()
                // After both Close frames the end is a polite one; any other is a bare FIN.
                if closeCode != nil { endEncryption() }
                closeDescriptor()
                return finish(.completed)
            case .leaveWithReset:
                flush()
                resetDescriptor()
                return finish(.completed)
            }
            step += 1
        }
    }

    /// Waits for an answer, unless the target has closed and none can come.
    private func awaitAnswer() {
        guard let closeCode, let currentStep else { return awaitTarget() }
        deviate(.close(closeCode, at: currentStep))
    }

    private func awaitTarget() {
        flush()
        guard isRegistered, timedStep != step else { return }
        timedStep = step
        if currentStep?.isStay == true { stayBegan = .now }
        let limit =
            switch currentStep {
            case .hold, .stay: supplies.holdLimit
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

    private func appendFirstMessage() {
        guard var message = script.firstMessage(lifecycle, number: number) else { return }
        _ = message.withUTF8 { machine.appendMessage(.text, UnsafeRawBufferPointer($0).bytes, into: &output) }
    }

    /// False if the target has closed, which ends the peer.
    private func appendMessages(_ count: Int, bytes: Int?) -> Bool {
        var message =
            bytes.map(PeerScript.filling) ?? (lifecycle.isCompressed ? script.compressedMessage : script.message)
        for _ in 0..<count {
            let isSent = message.withUTF8 {
                machine.appendMessage(.text, UnsafeRawBufferPointer($0).bytes, into: &output)
            }
            guard isSent else {
                finish(.broken("the target closed before a message could be sent"))
                return false
            }
        }
        return true
    }

    /// A target may answer only the latest of several Pings (RFC 6455, section 5.5.3); its length identifies it.
    static var lastPing: String { "last ping" }

    private func appendPings(_ count: Int) {
        for number in 1...count {
            var payload = number == count ? Self.lastPing : "ping"
            _ = payload.withUTF8 { machine.appendPing(UnsafeRawBufferPointer($0).bytes, into: &output) }
        }
    }

    private func provokeClose() {
        hasProvoked = true
        if var message = script.options.closingMessage {
            _ = message.withUTF8 { machine.appendMessage(.text, UnsafeRawBufferPointer($0).bytes, into: &output) }
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
