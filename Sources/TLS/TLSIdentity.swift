import COpenSSL
import Glibc
import Sockets

/// A certificate, those that lead from it to an authority, and its private key: what a server, or a client that is asked, proves to be.
public final class TLSIdentity: @unchecked Sendable {
    let certificate: OpaquePointer
    let key: OpaquePointer
    /// The certificates that follow, as OpenSSL's own list.
    let chain: OpaquePointer?

    private init(certificate: OpaquePointer, key: OpaquePointer, chain: OpaquePointer?) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
        while let certificate = OPENSSL_sk_pop(chain) { X509_free(OpaquePointer(certificate)) }
        OPENSSL_sk_free(chain)
    }

    // MARK: From files

    /// Reads a PEM file of certificates, its own first, and one of its private key.
    public static func read(certificateFile: String, keyFile: String) throws(TLSSetupFailure) -> TLSIdentity {
        let file = try opened(certificateFile)
        defer { BIO_free(file) }
        guard let certificate = PEM_read_bio_X509(file, nil, nil, nil) else {
            throw TLSSetupFailure("\(certificateFile) has no certificate (\(OpenSSLErrors.taken())): name a PEM file")
        }
        let key: OpaquePointer
        do throws(TLSSetupFailure) {
            key = try readKey(keyFile)
        } catch {
            X509_free(certificate)
            throw error
        }
        let chain = OPENSSL_sk_new_null()
        while let next = PEM_read_bio_X509(file, nil, nil, nil) { OPENSSL_sk_push(chain, UnsafeRawPointer(next)) }
        let identity = TLSIdentity(certificate: certificate, key: key, chain: chain)
        guard X509_check_private_key(certificate, key) == 1 else {
            ERR_clear_error()
            throw TLSSetupFailure("the key in \(keyFile) is not that of the first certificate in \(certificateFile)")
        }
        // The end of the file is an error to OpenSSL.
        ERR_clear_error()
        return identity
    }

    private static func opened(_ file: String) throws(TLSSetupFailure) -> OpaquePointer {
        ERR_clear_error()
        guard let bio = BIO_new_file(file, "r") else {
            throw TLSSetupFailure("cannot read \(file): \(String(cString: strerror(errno)))")
        }
        return bio
    }

    private static func readKey(_ name: String) throws(TLSSetupFailure) -> OpaquePointer {
        let file = try opened(name)
        defer { BIO_free(file) }
        // Without this OpenSSL would ask the terminal for a password.
        guard let key = PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in -1 }, nil) else {
            throw TLSSetupFailure(
                "\(name) has no private key that can be read (\(OpenSSLErrors.taken())): name a PEM file that needs no password"
            )
        }
        return key
    }

    // MARK: Self-signed

    /// Makes a key (P-256) and a certificate of its own for `names`, host names and numeric addresses, valid for 30 days
    /// from an hour ago on.
    ///
    /// Who trusts the certificate itself as an authority accepts it.
    public static func selfSigned(
        for names: [String] = ["localhost", "127.0.0.1", "::1"]
    ) throws(TLSSetupFailure) -> TLSIdentity {
        try selfSigned(for: names, validSeconds: -3600...30 * 86_400)
    }

    static func selfSigned(
        for names: [String], validSeconds: ClosedRange<Int>
    ) throws(TLSSetupFailure) -> TLSIdentity {
        ERR_clear_error()
        guard let key = copenssl_make_key() else { throw TLSSetupFailure(OpenSSLErrors.taken()) }
        guard let certificate = X509_new() else {
            EVP_PKEY_free(key)
            throw TLSSetupFailure(OpenSSLErrors.taken())
        }
        let identity = TLSIdentity(certificate: certificate, key: key, chain: nil)
        X509_set_version(certificate, 2)
        // Positive, and at most 20 bytes (RFC 5280, section 4.1.2.2).
        var serial: UInt64 = 0
        withUnsafeMutableBytes(of: &serial) { _ = RAND_bytes($0.baseAddress?.assumingMemoryBound(to: UInt8.self), 7) }
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial | 1)
        X509_gmtime_adj(X509_getm_notBefore(certificate), validSeconds.lowerBound)
        X509_gmtime_adj(X509_getm_notAfter(certificate), validSeconds.upperBound)
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, names.first ?? "localhost", -1, -1, 0)
        X509_set_issuer_name(certificate, subject)
        let alternatives = names.map {
            (SocketAddress(numeric: $0, port: 0) == nil ? "DNS:" : "IP:") + $0
        }.joined(separator: ",")
        for (kind, value) in [
            (NID_subject_alt_name, alternatives), (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"),
        ] {
            guard let field = X509V3_EXT_conf_nid(nil, nil, kind, value) else {
                throw TLSSetupFailure("no certificate can be made for \(alternatives): \(OpenSSLErrors.taken())")
            }
            X509_add_ext(certificate, field, -1)
            X509_EXTENSION_free(field)
        }
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw TLSSetupFailure(OpenSSLErrors.taken()) }
        return identity
    }

    // MARK: To show

    /// The certificate as PEM.
    public var pem: String { CertificateText.written { PEM_write_bio_X509($0, certificate) } }

    /// The private key as PEM, in clear.
    var keyPEM: String {
        CertificateText.written { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// The certificate's SHA-256, as openssl and browsers write it: 32 pairs of digits with colons between.
    public var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        X509_digest(certificate, EVP_sha256(), &digest, &count)
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: ":")
    }
}
