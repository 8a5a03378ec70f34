import COpenSSL

/// Why a certificate, a key or a context cannot be used.
public struct TLSSetupFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do if that is known.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// The thread's queue of OpenSSL's errors. Empty it before a call whose failure is asked for, or another connection's
/// error answers.
enum OpenSSLErrors {
    /// The latest error in words; the queue is empty afterwards.
    static func taken() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        return words(of: code)
    }

    /// What an error means.
    static func words(of code: UInt) -> String {
        guard code != 0, let reason = ERR_reason_error_string(code) else { return "no reason was given" }
        return String(cString: reason)
    }
}
