import COpenSSL

/// How a client shakes hands.
public enum TLSHandshakeKind: String, Hashable, Sendable, Codable, CaseIterable {
    /// As the context says.
    case ordinary
    /// Trusts nobody: sends the alert `unknown_ca` once it has the certificate (RFC 8446, section 6.2).
    case distrusting
    /// Speaks TLS 1.2 at most and takes no ticket, so that only the server could keep the session (RFC 5246, section 7.3).
    case uncached
    /// Takes tickets, and offers the one that it is given (RFC 8446, section 2.2; RFC 5077).
    case resuming

    /// The latest version that it speaks; nil for that of the context.
    public var latest: TLSContext.Version? { self == .uncached ? .tls12 : nil }

    /// Tells OpenSSL's state of a client, before its handshake begins.
    func prepare(_ session: OpaquePointer, _ ticket: TLSTicket?) {
        switch self {
        case .ordinary: break
        case .distrusting: SSL_set_verify(session, SSL_VERIFY_PEER, Self.trustNobody)
        case .uncached: copenssl_set_latest_version(session, TLS1_2_VERSION)
        case .resuming:
            copenssl_accept_tickets(session)
            if let ticket { SSL_set_session(session, ticket.pointer) }
        }
    }

    private static let trustNobody: SSL_verify_cb = { _, store in
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
        return 0
    }
}

/// With what a client resumes a session, on whatever connection to the same server.
public final class TLSTicket {
    let pointer: OpaquePointer

    /// Takes ownership of OpenSSL's `pointer`.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { SSL_SESSION_free(pointer) }
}
