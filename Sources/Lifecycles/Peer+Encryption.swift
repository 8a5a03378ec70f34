import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

/// A peer of a `wss` target: TLS comes first, and is no step of the script unless the script says so.
extension Peer {
    /// The peer's side of TLS; nil before it begins.
    var tls: TLSEncryption? { encryption as? TLSEncryption }

    /// Begins the TLS handshake, if the target wants one, the lifecycle sends anything and its script leaves TLS to the peer, or
    /// the connection is a request's own; whether it did.
    func beginEncryption() -> Bool {
        guard script.encryption != nil, call != nil || lifecycle.sends && !lifecycle.leadsTLS else { return false }
        beginHandshake(.ordinary)
        return true
    }

    /// Begins a TLS handshake; `secure` continues it.
    func beginHandshake(_ kind: TLSHandshakeKind) {
        guard let context = script.encryption else { return }
        do throws(EncryptionFailure) {
            let tls = try TLSEncryption(
                context, serverName: script.serverName, buffers: loop.attachment { TLSBuffers() }, kind: kind,
                ticket: call == nil ? supplies.ticket : nil)
            if supplies.trace != nil, lifecycle.needsTLS { tls.observer = { [unowned self] in traceTLS($0, $1) } }
            encryption = tls
        } catch {
            return finish(.notAttempted("\(error)"))
        }
        isSecuring = true
        // A client's first call sends its ClientHello.
        if case .failed(let error) = send(UnsafeRawBufferPointer(start: nil, count: 0)) {
            finish(.broken("\(error)"))
        }
    }

    static var needsTLS: String { "the lifecycle is about TLS, and the target's URL is ws://" }

    /// Nothing that the target sends can be understood any more.
    func encryptionFailed() {
        guard let failure = encryption?.failure else { return }
        if isSecuring, case .tls(.handshake(let kind))? = currentStep {
            if kind == .distrusting, case .untrusted = failure { return secured() }
            if kind == .uncached, case .alert = failure { return finish(.unsuited("the target speaks no TLS 1.2")) }
        }
        // A script that tries TLS expects the target to give it up.
        if lifecycle.needsTLS, currentStep == .awaitEnd || currentStep?.isStay == true || currentStep?.isLeaving == true
        {
            return streamEnded(.endOfStream)
        }
        supplies.encryptionFailure = supplies.encryptionFailure ?? failure
        finish(.broken("\(failure)"))
    }

    /// Continues the handshake; the script begins, or goes on, when it is complete.
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
        if supplies.encryption == nil { supplies.encryption = encryption.summary }
        secured()
        // What the target says unasked came with the end of the handshake.
        if case .bytes(let count, _) = result, isRegistered {
            take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        }
    }

    /// The handshake is over, as the script wants it.
    private func secured() {
        isSecuring = false
        if call != nil { return flush() }
        if case .tls(.handshake)? = currentStep { next() } else { advance() }
    }
}

extension Lifecycle {
    /// Whether its peers send anything on their own connection; those that do not leave TLS alone as well.
    var sends: Bool {
        steps.contains { step in
            switch step {
            case .sendRequest, .sendRequestFor, .sendFaultyRequest, .sendHalfRequest, .trickleRequest, .sendMessages,
                .send, .sendBinary, .sendOctets, .sendPings, .sendBytes, .provokeClose, .sendClose, .sendCloseWith,
                .tls:
                true
            case .http, .awaitUpgrade, .awaitRefusal, .awaitUnread, .expect, .capture, .awaitReplies, .awaitPong,
                .ignoreTarget, .stopReading, .resumeReading, .awaitClose, .awaitEnd, .hold, .holdFor, .stay,
                .rendezvous, .leaveWithFIN, .leaveWithReset:
                false
            }
        }
    }

    /// Whether its script begins TLS by itself, or does without.
    var leadsTLS: Bool { steps.contains { if case .tls(let step) = $0 { step.isBeginning } else { false } } }
}
