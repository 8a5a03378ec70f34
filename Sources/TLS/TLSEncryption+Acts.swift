import COpenSSL
public import Sockets

/// What is wrong with a record.
public enum TLSRecordFault: String, Hashable, Sendable, Codable, CaseIterable {
    /// Its second half is missing.
    case cut
    /// One of its bits is turned, so that it is not authentic (RFC 8446, section 5.2).
    case corrupt
}

/// What a peer does that tries a server: what no polite client does, or not as often. Each acts on a complete handshake, and
/// is false where that is impossible.
extension TLSEncryption {
    /// Sends `bytes` in a record that is wrong; nothing that follows can be understood.
    public func sendRecord(_ bytes: [UInt8], _ fault: TLSRecordFault, to number: Int32) -> Bool {
        guard bytes.withUnsafeBytes({ session.encrypt($0) }) else { return false }
        session.spoilOutput(fault)
        return sendOutput(to: number) == nil
    }

    /// Sends so many KeyUpdates that each ask for one back (RFC 8446, section 4.6.3); false before TLS 1.3.
    public func updateKeys(_ count: Int, to number: Int32) -> Bool {
        for _ in 0..<count where !session.updateKeys() {
            buffers.clearOutput()
            return false
        }
        return sendOutput(to: number) == nil
    }

    /// Sends a ClientHello within the session (RFC 5246, section 7.4.1.2); false from TLS 1.3 on.
    public func renegotiate(to number: Int32) -> Bool {
        guard session.renegotiate() else { return false }
        return sendOutput(to: number) == nil
    }

    /// With what the session can be resumed; nil where the server gave nothing.
    public var ticket: TLSTicket? { session.ticket }

    /// Whether it resumed an earlier session.
    public var isResumed: Bool { SSL_session_reused(session.pointer) == 1 }
}

extension TLSSession {
    /// Makes what is to be sent wrong.
    fileprivate func spoilOutput(_ fault: TLSRecordFault) {
        var output = Array(buffers.output)
        buffers.clearOutput()
        switch fault {
        case .cut: output.removeLast(output.count / 2)
        case .corrupt: if let last = output.indices.last { output[last] ^= 1 }
        }
        _ = output.withUnsafeBytes(buffers.appendOutput)
    }

    /// Puts one KeyUpdate into the output.
    fileprivate func updateKeys() -> Bool {
        ERR_clear_error()
        guard SSL_key_update(pointer, SSL_KEY_UPDATE_REQUESTED) == 1, SSL_do_handshake(pointer) == 1 else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Puts a ClientHello into the output.
    fileprivate func renegotiate() -> Bool {
        ERR_clear_error()
        copenssl_allow_renegotiation(pointer)
        guard SSL_renegotiate(pointer) == 1 else {
            ERR_clear_error()
            return false
        }
        // Complete only once the server has answered.
        _ = SSL_do_handshake(pointer)
        return true
    }

    fileprivate var ticket: TLSTicket? {
        guard let session = SSL_get1_session(pointer) else { return nil }
        let ticket = TLSTicket(owning: session)
        return SSL_SESSION_is_resumable(session) == 1 ? ticket : nil
    }
}

extension TLSContext {
    /// The first record of a client, its ClientHello (RFC 8446, section 4.1.2), of which nothing follows.
    public func clientHello(serverName: String?, buffers: TLSBuffers) throws(EncryptionFailure) -> [UInt8] {
        var session = try TLSSession(self, serverName: serverName, buffers: buffers)
        session.begin()
        defer { buffers.clearOutput() }
        return Array(buffers.output)
    }
}
