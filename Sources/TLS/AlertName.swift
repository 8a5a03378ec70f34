import COpenSSL

/// The alerts of RFC 8446, section 6, by name.
enum AlertName {
    /// Those of TLS 1.3, which OpenSSL has no words for.
    private static let later: [Int32: String] = [109: "missing extension", 116: "certificate required"]

    /// The name of the alert `number`.
    static func of(_ number: Int32) -> String {
        later[number] ?? SSL_alert_desc_string_long(number).map { String(cString: $0) } ?? "\(number)"
    }
}
