import COpenSSL
public import Sockets

/// What the connections of one server, or of clients that trust alike, have in common (RFC 8446, RFC 5246).
///
/// TLS 1.2 and 1.3, the application protocol `http/1.1` (RFC 7301), no renegotiation, no resumption of sessions. Nothing
/// of it changes once it is made, so that many threads may use it.
public final class TLSContext: EncryptionSource, @unchecked Sendable {
    let pointer: OpaquePointer
    /// The name to ask for in place of the host's; of a client.
    private let serverName: String?

    /// The latest version to speak; the earliest is 1.2.
    public enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// Whose certificates a client accepts.
    public enum Trust: Hashable, Sendable {
        /// Those of the authorities that the system trusts.
        case system
        /// Those of the authorities in this PEM file.
        case authorities(file: String)
        /// All of them, so that the connection is encrypted to whoever answers.
        case anyone
    }

    /// The context of a server that proves to be `identity`.
    public static func server(
        _ identity: TLSIdentity, latest: Version = .tls13
    ) throws(TLSSetupFailure) -> TLSContext {
        let context = try TLSContext(TLS_server_method(), latest, serverName: nil)
        try context.prove(identity)
        SSL_CTX_set_alpn_select_cb(context.pointer, Self.selectProtocol, nil)
        SSL_CTX_set_num_tickets(context.pointer, 0)
        return context
    }

    /// The context of clients.
    ///
    /// `serverName` is sent (RFC 6066, section 3), and expected in the certificate, in place of the host's name; it may not
    /// be empty. Where a server asks for a certificate (RFC 8446, section 4.3.2), `identity` is proven to it; without one it gets
    /// none.
    public static func client(
        trusting trust: Trust = .system, serverName: String? = nil, latest: Version = .tls13,
        identity: TLSIdentity? = nil
    ) throws(TLSSetupFailure) -> TLSContext {
        if serverName?.isEmpty == true { throw TLSSetupFailure("the server's name is empty") }
        let context = try TLSContext(TLS_client_method(), latest, serverName: serverName)
        if let identity {
            try context.prove(identity)
        } else {
            SSL_CTX_set_client_cert_cb(context.pointer, Self.noteAsked)
        }
        switch trust {
        case .system:
            guard SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                throw TLSSetupFailure("the system's authorities cannot be read: \(OpenSSLErrors.taken())")
            }
        case .authorities(let file):
            guard SSL_CTX_load_verify_file(context.pointer, file) == 1 else {
                throw TLSSetupFailure(
                    "\(file) has no certificate that can be read (\(OpenSSLErrors.taken())): name a PEM file")
            }
        case .anyone: break
        }
        SSL_CTX_set_verify(
            context.pointer, trust == .anyone ? SSL_VERIFY_NONE : SSL_VERIFY_PEER,
            trust == .anyone ? nil : Self.noteUntrusted)
        let protocols = Self.http1
        guard SSL_CTX_set_alpn_protos(context.pointer, protocols, UInt32(protocols.count)) == 0 else {
            throw TLSSetupFailure(OpenSSLErrors.taken())
        }
        return context
    }

    private init(
        _ method: OpaquePointer?, _ latest: Version, serverName: String?
    ) throws(TLSSetupFailure) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(method) else { throw TLSSetupFailure(OpenSSLErrors.taken()) }
        self.pointer = pointer
        self.serverName = serverName
        let most = latest == .tls12 ? TLS1_2_VERSION : TLS1_3_VERSION
        guard copenssl_set_versions(pointer, TLS1_2_VERSION, most) == 1 else {
            throw TLSSetupFailure(OpenSSLErrors.taken())
        }
        copenssl_configure(pointer)
    }

    private func prove(_ identity: TLSIdentity) throws(TLSSetupFailure) {
        guard SSL_CTX_use_cert_and_key(pointer, identity.certificate, identity.key, identity.chain, 1) == 1 else {
            throw TLSSetupFailure("the certificate cannot be used: \(OpenSSLErrors.taken())")
        }
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// The encryption of one connection on the thread of its loop.
    public func makeEncryption(
        serverName: String?, on loop: EventLoop
    ) throws(EncryptionFailure) -> any Encryption {
        try TLSEncryption(self, serverName: serverName, buffers: loop.attachment { TLSBuffers() })
    }

    /// The name to send and to expect in the certificate, for a host of this name.
    func expectedName(_ host: String?) -> String? { serverName ?? host }

    // MARK: Called by OpenSSL

    /// `http/1.1` as a list of protocols (RFC 7301, section 3.1).
    private static let http1: [UInt8] = [8] + Array("http/1.1".utf8)

    /// Chooses `http/1.1`; a client that offers others only is refused with the alert 120.
    private static let selectProtocol: SSL_CTX_alpn_select_cb_func = { _, chosen, chosenLength, offer, count, _ in
        guard let chosen, let chosenLength, let offer else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        var at = 0
        while at < Int(count) {
            let length = Int(offer[at])
            let end = at + 1 + length
            guard end <= Int(count) else { break }
            if UnsafeBufferPointer(start: offer + at, count: 1 + length).elementsEqual(http1) {
                chosen.pointee = offer + at + 1
                chosenLength.pointee = UInt8(length)
                return SSL_TLSEXT_ERR_OK
            }
            at = end
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    /// Notes that the server asks for a certificate, and gives it none.
    private static let noteAsked:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<OpaquePointer?>?
        ) -> Int32 = { session, _, _ in
            SSL_set_ex_data(session, wasAskedIndex, UnsafeMutableRawPointer(bitPattern: 1))
            return 0
        }

    /// Where a session of OpenSSL has a mark if its peer asked for a certificate that it did not get: the place for a program's own.
    static let wasAskedIndex: Int32 = 0

    /// Keeps whose certificate it was: after a failure OpenSSL no longer has it.
    private static let noteUntrusted: SSL_verify_cb = { isTrusted, store in
        guard isTrusted == 0, let certificate = X509_STORE_CTX_get0_cert(store),
            let session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
        else { return isTrusted }
        TLSBuffers.of(SSL_get_rbio(OpaquePointer(session))).untrustedSubject = CertificateText.subject(certificate)
        return isTrusted
    }
}
