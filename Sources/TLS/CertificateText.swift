import COpenSSL

/// What is said of a certificate.
enum CertificateText {
    /// Its subject as RFC 2253 writes it, such as `CN=localhost`; nothing of it reaches a terminal unescaped.
    static func subject(_ certificate: OpaquePointer) -> String {
        let text = written { copenssl_print_name($0, X509_get_subject_name(certificate)) }
        return text.isEmpty ? "an unnamed subject" : text
    }

    /// What `write` writes to a BIO in memory; empty without memory.
    static func written(_ write: (OpaquePointer) -> Int32) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        guard write(bio) >= 0 else { return "" }
        var start: UnsafeMutablePointer<CChar>?
        let count = copenssl_memory(bio, &start)
        guard let start, count > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
