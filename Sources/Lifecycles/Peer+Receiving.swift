import Sockets
import SystemCalls
import WebSocketProtocol

/// How the peer reacts to what the target sends.
extension Peer {
    func take(_ input: UnsafeMutableRawBufferPointer) {
        if supplies.trace != nil { traceBytes(Array(input), isSent: false) }
        if call != nil { return takeAnswer(UnsafeRawBufferPointer(input).bytes) }
        if wire != .application { return takeUnencrypted(input) }
        var position = 0
        var span = input.mutableBytes
        if !isUpgraded {
            if currentStep == .awaitRefusal { return takeRefusal(span.bytes) }
            // A target may say why it ends a handshake that does not come (408); only the end counts.
            if currentStep?.isStay == true { return }
            switch handshake.receive(span.bytes, at: &position) {
            case .needsMore: return
            case .failed(.refused(let head)):
                return finish(.refused(head.refusal))
            case .failed(let failure): return finish(.broken("\(failure)"))
            case .complete(let accepted):
                guard upgrade(accepted.deflate) else { return finish(.uncompressed) }
            }
        }
        // A reply may come with the 101, before the step at which the script no longer listens.
        switch attention {
        case .full: if !understand(&span, from: &position) { return }
        case .none: if supplies.watchesForPings { skim(&span, from: &position) }
        case .deaf: break
        }
        advance()
    }

    /// Parses frames and answers them; false if the target broke the protocol, which ends the peer.
    private func understand(_ span: inout MutableRawSpan, from position: inout Int) -> Bool {
        if closeCode != nil { noteBytesAfterClose(span.bytes, from: position) }
        while true {
            let start = position
            guard let event = machine.next(in: &span, at: &position, replies: &output) else { return true }
            switch event {
            case .message(_, let payload):
                if supplies.looksIntoMessages {
                    received(bytes(of: payload, in: span.bytes))
                } else {
                    replies += 1
                }
            case .ping: notePing()
            case .pong(let payload): notePong(payload)
            case .close(let code, let reason):
                closeCode = code
                let payloadBytes = code == .noStatusReceived ? 0 : 2 + reason.utf8.count
                noteBytesBehindClose(span.bytes, from: start, payloadBytes)
            case .failure(let failure):
                targetViolated(failure)
                return false
            }
        }
    }

    private func bytes(of payload: WebSocketMachine.Payload, in input: RawSpan) -> [UInt8] {
        switch payload {
        case .input(let range): input.withUnsafeBytes { Array($0[range]) }
        case .assembled: machine.takeAssembled().withUnsafeBytes { Array($0) }
        }
    }

    /// Looks for Pings in input that is otherwise ignored.
    private func skim(_ span: inout MutableRawSpan, from position: inout Int) {
        var unsent = ByteQueue()
        while let event = machine.next(in: &span, at: &position, replies: &unsent) {
            if case .ping = event { notePing() }
        }
    }

    /// Pings count while the peer stays: they show the target's interval.
    private func notePing() {
        guard currentStep?.isStay == true else { return }
        notes.pings += 1
        if notes.firstPingAfter == nil { notes.firstPingAfter = loop.turnStart - upgradedAt }
    }

    private func notePong(_ payload: WebSocketMachine.Payload) {
        let count =
            switch payload {
            case .input(let range): range.count
            case .assembled: machine.takeAssembled().count
            }
        if count == Self.lastPing.utf8.count { hasLastPong = true }
    }

    /// Any answer other than 101 refuses; any 101 accepts, whatever else it says.
    private func takeRefusal(_ input: RawSpan) {
        if input.beginsWithSwitchingProtocols { return finish(.accepted) }
        var position = 0
        switch handshake.receive(input, at: &position) {
        case .needsMore: break
        case .failed(.refused), .failed(.invalid(.malformedHead)): next()
        case .failed(.encrypted): finish(.broken("\(ClientHandshakeFailure.encrypted)"))
        case .failed(.invalid), .complete: finish(.accepted)
        }
    }

    /// The handshake is complete; false if the target did not negotiate what the lifecycle insists on.
    private func upgrade(_ agreement: DeflateAgreement?) -> Bool {
        isUpgraded = true
        upgradedAt = loop.turnStart
        guard lifecycle.isCompressed else { return true }
        guard var agreement else { return false }
        // The target may expect references to earlier messages; none need to come. So one compressor serves all peers.
        agreement.localContextTakeover = false
        machine = WebSocketMachine(
            role: .client, maskingKeys: supplies.maskingKeys, deflate: agreement, contexts: supplies.contexts)
        return true
    }
}

/// What follows the target's Close frame (RFC 6455, section 5.5.1).
extension Peer {
    /// If a whole Close frame is at `start`, notes whether anything follows it; the machine discards that.
    private func noteBytesBehindClose(_ input: RawSpan, from start: Int, _ payloadBytes: Int) {
        guard input.byteCount - start >= 2 + payloadBytes, input.byte(at: start) == 0x88,
            input.byte(at: start + 1) == payloadBytes
        else { return }
        noteBytesAfterClose(input, from: start + 2 + payloadBytes)
    }

    /// Control frames may cross with the peer's Close; nothing else may come.
    private func noteBytesAfterClose(_ input: RawSpan, from start: Int) {
        guard start < input.byteCount, let step = currentStep, notes.violation == nil else { return }
        guard !(0x88...0x8A).contains(input.byte(at: start)) else { return }
        notes.violation = .bytesAfterClose(at: step)
    }
}

extension RawSpan {
    fileprivate func byte(at index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }

    /// Whether this begins an answer with status 101, whatever follows.
    fileprivate var beginsWithSwitchingProtocols: Bool {
        guard byteCount >= 12 else { return false }
        return withUnsafeBytes { $0[..<7].elementsEqual("HTTP/1.".utf8) && $0[8..<12].elementsEqual(" 101".utf8) }
    }
}
