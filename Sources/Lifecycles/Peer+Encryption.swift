import Sockets
import SystemCalls
import WebSocketProtocol

/// A peer of a `wss` target: TLS comes first, and is no step of the script.
extension Peer {
    /// Begins the TLS handshake, if the target wants one and the lifecycle sends anything; whether it did.
    func beginEncryption() -> Bool {
        guard let source = script.encryption, lifecycle.sends else { return false }
        do throws(EncryptionFailure) {
            encryption = try source.makeEncryption(serverName: script.serverName, on: loop)
        } catch {
            finish(.notAttempted("\(error)"))
            return true
        }
        isSecuring = true
        // A client's first call sends its ClientHello.
        if case .failed(let error) = send(UnsafeRawBufferPointer(start: nil, count: 0)) {
            finish(.broken("\(error)"))
        }
        return true
    }

    /// Nothing that the target sends can be understood any more.
    func encryptionFailed() {
        guard let failure = encryption?.failure else { return }
        supplies.encryptionFailure = supplies.encryptionFailure ?? failure
        finish(.broken("\(failure)"))
    }

    /// Continues the handshake; the script begins when it is complete.
    func secure() {
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        let result = receive(into: window)
        switch result {
        case .encryptionFailed: return encryptionFailed()
        case .failed(let error): return finish(.broken("\(error) (TLS handshake)"))
        case .endOfStream: return finish(.broken("\(EncryptionFailure.endedInHandshake)"))
        case .bytes, .wouldBlock: break
        }
        guard let encryption, encryption.isEstablished else { return }
        isSecuring = false
        if supplies.encryption == nil { supplies.encryption = encryption.summary }
        advance()
        // What the target says unasked came with the end of the handshake.
        if case .bytes(let count, _) = result, isRegistered {
            take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        }
    }
}

extension Lifecycle {
    /// Whether its peers send anything; those that do not leave TLS alone as well.
    var sends: Bool {
        steps.contains { step in
            switch step {
            case .sendRequest, .sendRequestFor, .sendFaultyRequest, .sendHalfRequest, .trickleRequest, .sendMessages,
                .send, .sendBinary, .sendOctets, .sendPings, .sendBytes, .provokeClose, .sendClose, .sendCloseWith:
                true
            case .awaitUpgrade, .awaitRefusal, .awaitUnread, .expect, .capture, .awaitReplies, .awaitPong,
                .ignoreTarget, .stopReading, .resumeReading, .awaitClose, .awaitEnd, .hold, .holdFor, .stay,
                .rendezvous, .leaveWithFIN, .leaveWithReset:
                false
            }
        }
    }
}
