import Remedies
import Sockets
import SystemCalls
import TLS
import WebSocketProtocol

/// The steps that are about TLS.
extension Peer {
    /// What passes over the peer's socket.
    enum Wire {
        /// What the application says and hears, encrypted or not.
        case application
        /// Records that the script writes by itself; what answers them is no application's.
        case records
        /// Clear text, where the target expects TLS.
        case clear
    }

    /// Carries out a step; false where it waits, or has ended the peer.
    func carryOut(_ step: Lifecycle.TLSStep) -> Bool {
        switch step {
        case .hello(let form): return appendHello(form)
        case .off: wire = .clear
        case .awaitServerHello:
            awaitTarget()
            return false
        case .handshake(let kind):
            if !isSecuring { beginHandshake(kind) }
            return false
        case .closeNotify:
            flush()
            endEncryption()
        case .closeNotifyOff: withholdsCloseNotify = true
        case .record(let fault): return act("the record cannot be sent") { $0.sendRecord(Self.filling, fault, to: $1) }
        case .updateKeys(let count):
            return act("the target speaks no TLS 1.3") { $0.updateKeys(count, to: $1) }
        case .renegotiate: return act("the target speaks no TLS 1.2") { $0.renegotiate(to: $1) }
        }
        return isRegistered
    }

    /// As long as a small message.
    private static let filling = [UInt8](repeating: 0x77, count: 64)

    /// Does `body` with the session and the number of the descriptor; where it is false the target is not what the lifecycle
    /// is about, for the reason `problem`, and the peer ends.
    private func act(_ problem: String, _ body: (TLSEncryption, Int32) -> Bool) -> Bool {
        flush()
        guard isRegistered, let tls, let number = withDescriptor({ $0.rawValue }) else { return false }
        guard body(tls, number) else {
            finish(.unsuited(problem))
            return false
        }
        wait(for: interest)
        return true
    }

    /// Sends a ClientHello by itself; false if it cannot be made, which ends the peer.
    private func appendHello(_ form: ClientHelloForm) -> Bool {
        guard let context = script.encryption else { return false }
        wire = .records
        do throws(EncryptionFailure) {
            let bytes = try form.bytes { () throws(EncryptionFailure) in
                try context.clientHello(serverName: script.serverName, buffers: loop.attachment { TLSBuffers() })
            }
            bytes.withUnsafeBytes { output.append($0) }
            return true
        } catch {
            finish(.notAttempted("\(error)"))
            return false
        }
    }

    /// What comes where the script writes records by itself, or speaks in clear: only a ServerHello is waited for.
    func takeUnencrypted(_ input: UnsafeMutableRawBufferPointer) {
        guard case .tls(.awaitServerHello)? = currentStep else { return }
        switch input.first {
        case 22: next()
        case 21: finish(.refused("the target answers the ClientHello with an alert"))
        default: finish(.broken("\(EncryptionFailure.notEncrypted)"))
        }
    }

    /// Tells whoever looks what passes over the socket.
    func traceBytes(_ bytes: [UInt8], isSent: Bool) {
        let isRecord = wire == .records || wire == .clear && !isSent && TLSRecordReader.mayBegin(bytes)
        trace(isRecord ? .records(bytes, isSent: isSent) : isSent ? .sent(bytes) : .received(bytes))
    }

    /// Tells whoever looks what passes over the socket beneath the session.
    func traceTLS(_ isSent: Bool, _ bytes: UnsafeRawBufferPointer) {
        trace(.records(Array(bytes), isSent: isSent))
    }
}
