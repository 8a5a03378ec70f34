import COpenSSL
public import Sockets

/// One TLS connection without a socket: ciphertext in, plaintext and ciphertext out.
///
/// Confined to one thread. What a call puts into the buffers' output must be sent, or kept, before another session's call.
/// After an end or a failure nothing is taken or given any more.
public struct TLSSession: ~Copyable {
    let pointer: OpaquePointer
    let buffers: TLSBuffers
    private var phase = Phase.handshaking
    private var hasBegun = false
    private var hasReceived = false

    private enum Phase {
        case handshaking
        case open
        /// The other end sends no more; ours may.
        case readingEnded
        case failed
    }

    /// What came of some ciphertext.
    public struct Input {
        /// Bytes of plaintext.
        public var count = 0
        /// Why none will follow; nil if more may.
        public var end: End?
    }

    /// Why no plaintext will follow.
    public enum End: Hashable, Sendable {
        /// The peer's close_notify (RFC 8446, section 6.1).
        case closeNotify
        /// Nothing can be understood any more; an alert for the peer may be in the output.
        case failed(EncryptionFailure)
    }

    /// Whether it is the server's end.
    let isServer: Bool

    /// Begins a session of `context`; `serverName` is whom a client means to reach, and `kind` how it shakes hands.
    ///
    /// Throws `EncryptionFailure.unnamed` where a certificate is to be verified and there is no name that it must carry.
    public init(
        _ context: TLSContext, serverName: String?, buffers: TLSBuffers, kind: TLSHandshakeKind = .ordinary,
        ticket: TLSTicket? = nil
    ) throws(EncryptionFailure) {
        pointer = try Self.make(context, serverName: serverName)
        self.buffers = buffers
        isServer = SSL_is_server(pointer) == 1
        if !isServer { kind.prepare(pointer, ticket) }
        for set in [SSL_set0_rbio, SSL_set0_wbio] {
            BIO_up_ref(buffers.bio)
            set(pointer, buffers.bio)
        }
        if isServer { SSL_set_accept_state(pointer) } else { SSL_set_connect_state(pointer) }
    }

    /// OpenSSL's state of a connection, which a client binds to whom it means to reach.
    private static func make(
        _ context: TLSContext, serverName: String?
    ) throws(EncryptionFailure) -> OpaquePointer {
        ERR_clear_error()
        guard let pointer = SSL_new(context.pointer) else { throw .unavailable }
        let name = context.expectedName(serverName) ?? ""
        guard
            SSL_is_server(pointer) == 1 || expect(name, of: pointer) || SSL_get_verify_mode(pointer) == SSL_VERIFY_NONE
        else {
            SSL_free(pointer)
            throw .unnamed(name)
        }
        return pointer
    }

    /// Whom the certificate must name; false if that cannot be asked for. An address is not sent (RFC 6066, section 3).
    private static func expect(_ name: String, of pointer: OpaquePointer) -> Bool {
        // OpenSSL takes an empty name for none, with which any is right, and reads no further than a NUL.
        guard !name.isEmpty, !name.utf8.contains(0) else { return false }
        if SocketAddress(numeric: name, port: 0) != nil {
            return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), name) == 1
        }
        return copenssl_set_server_name(pointer, name) == 1 && SSL_set1_host(pointer, name) == 1
    }

    deinit {
        SSL_free(pointer)
    }

    /// Whether the handshake is complete, so that bytes can be encrypted.
    public var isEstablished: Bool { phase == .open || phase == .readingEnded }
    /// Whether it has failed.
    public var hasFailed: Bool { phase == .failed }
    /// Whether the peer sends no more, or nothing that can be understood.
    public var hasInputEnded: Bool { phase == .readingEnded || phase == .failed }

    /// What was agreed on; nil before the handshake is complete.
    public var summary: EncryptionSummary? {
        guard isEstablished else { return nil }
        let certificate = isServer ? nil : SSL_get0_peer_certificate(pointer)
        var summary = EncryptionSummary(
            version: String(cString: SSL_get_version(pointer)),
            cipher: String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(pointer))),
            subject: certificate.map(CertificateText.subject),
            isVerified: certificate != nil && SSL_get_verify_result(pointer) == Int(X509_V_OK))
        if SSL_get_ex_data(pointer, TLSContext.wasAskedIndex) != nil { summary.lacksCertificate = true }
        return summary
    }

    /// Begins a client's handshake, which puts its ClientHello into the output; no effect later or on a server.
    public mutating func begin() {
        guard !isServer, !hasBegun else { return }
        hasBegun = true
        ERR_clear_error()
        _ = SSL_do_handshake(pointer)
    }

    /// Takes ciphertext, all of it, and decrypts into `plaintext`, which must be 17 KiB longer.
    public mutating func receive(
        _ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawBufferPointer
    ) -> Input {
        var result = Input()
        guard !hasInputEnded, let first = ciphertext.first else { return result }
        if !hasReceived {
            hasReceived = true
            guard Self.mayBegin(with: first) else {
                result.end = fail(.notEncrypted)
                return result
            }
        }
        buffers.input = ciphertext
        defer { buffers.input = UnsafeRawBufferPointer(start: nil, count: 0) }
        ERR_clear_error()
        if phase == .handshaking {
            let code = SSL_do_handshake(pointer)
            guard code == 1 else {
                result.end = end(after: code)
                return result
            }
            phase = .open
        }
        while true {
            let room = Int32(clamping: plaintext.count - result.count)
            let code = SSL_read(pointer, plaintext.baseAddress! + result.count, room)
            guard code > 0 else {
                result.end = end(after: code)
                return result
            }
            result.count += Int(code)
        }
    }

    /// Encrypts `bytes` into the output, which has room for 64 KiB of them; false once that is impossible.
    public mutating func encrypt(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard isEstablished else { return false }
        guard !bytes.isEmpty else { return true }
        ERR_clear_error()
        guard SSL_write(pointer, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count) else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// Puts close_notify into the output, once; nothing before the handshake is complete or after a failure.
    public mutating func endWriting() {
        guard isEstablished, SSL_get_shutdown(pointer) & SSL_SENT_SHUTDOWN == 0 else { return }
        ERR_clear_error()
        _ = SSL_shutdown(pointer)
    }

    // MARK: Failures

    /// Whether a first record may begin so: a handshake, or an alert in place of one (RFC 8446, section 5.1).
    private static func mayBegin(with first: UInt8) -> Bool { first == 22 || first == 21 }

    /// What an unsuccessful call means; nil if more ciphertext is needed.
    private mutating func end(after code: Int32) -> End? {
        switch SSL_get_error(pointer, code) {
        case SSL_ERROR_WANT_READ: return nil
        case SSL_ERROR_ZERO_RETURN:
            phase = .readingEnded
            return .closeNotify
        default: return fail(failure())
        }
    }

    private mutating func fail(_ failure: EncryptionFailure) -> End {
        phase = .failed
        if failure == .notEncrypted && isServer {
            // A client that speaks in clear may know it by this: unexpected_message, fatal (RFC 8446, section 6.2).
            let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 10]
            _ = alert.withUnsafeBytes(buffers.appendOutput)
        }
        ERR_clear_error()
        return .failed(failure)
    }

    private func failure() -> EncryptionFailure {
        let code = ERR_peek_error()
        let reason = copenssl_reason_of(code)
        if copenssl_library_of(code) == ERR_LIB_SSL {
            if reason > SSL_AD_REASON_OFFSET { return .alert(AlertName.of(reason - SSL_AD_REASON_OFFSET)) }
            if reason == SSL_R_CERTIFICATE_VERIFY_FAILED {
                let subject = buffers.untrustedSubject.take() ?? "an unnamed subject"
                let words = X509_verify_cert_error_string(SSL_get_verify_result(pointer))
                return .untrusted(reason: words.map { String(cString: $0) } ?? "unknown", subject: subject)
            }
        }
        return .violation(OpenSSLErrors.words(of: code))
    }
}
