/// What stands between a channel and its descriptor when the bytes on the wire are not those that its user reads and
/// writes, such as TLS.
///
/// Confined to the thread of its loop. The channel that owns it passes the number of its descriptor to every call.
public protocol Encryption: AnyObject {
    /// Whether application bytes can pass: the handshake is complete.
    var isEstablished: Bool { get }
    /// What was agreed on; nil before the handshake is complete.
    var summary: EncryptionSummary? { get }
    /// Why nothing can be decrypted any more; nil as long as something may.
    var failure: EncryptionFailure? { get }
    /// Encrypted bytes that the kernel has not taken yet.
    var unsentBytes: Int { get }
    /// Bytes of memory held for the connection.
    var heldBytes: Int { get }
    /// Whether `receive` has an end or a failure to report that the kernel will not make readable again.
    var hasPendingEnd: Bool { get }

    /// Reads from the descriptor once and decrypts into `buffer`, which must be longer than a record and its header,
    /// 17 KiB. Everything that was read and can be decrypted is in it afterwards.
    func receive(into buffer: UnsafeMutableRawBufferPointer, from number: Int32) -> Channel.ReceiveResult
    /// Encrypts and sends `bytes` and then `more`, as long as the kernel takes all; `wouldBlock` until the handshake is
    /// complete, which the first call of a client begins, and while encrypted bytes are unsent.
    func send(
        _ bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer, to number: Int32
    ) -> Channel.SendResult
    /// Sends encrypted bytes that the kernel has not taken yet.
    func flush(to number: Int32) -> Channel.SendResult
    /// Tells the peer that nothing more will come, once, unless the handshake is not complete or has failed.
    func endWriting(to number: Int32)
    /// What to wait for on the descriptor when the channel's user waits for `wanted`.
    func interest(for wanted: Readiness) -> Readiness
}

/// Encrypts connections, all of them alike; used from any thread.
public protocol EncryptionSource: Sendable {
    /// The encryption of one connection whose TCP connection stands; call it on the thread of its loop.
    ///
    /// `serverName` is whom a client means to reach, a host name or a numeric address without brackets; a server passes
    /// nil. Throws `EncryptionFailure.unavailable` without memory, and `unnamed` where a certificate is to be verified and
    /// there is no name for it.
    func makeEncryption(
        serverName: String?, on loop: EventLoop
    ) throws(EncryptionFailure) -> any Encryption
}

/// What both ends of an encrypted connection have agreed on.
public struct EncryptionSummary: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The protocol's version, such as `TLSv1.3`.
    public var version: String
    /// The cipher suite, by OpenSSL's name.
    public var cipher: String
    /// The subject of the peer's certificate; nil if it sent none.
    public var subject: String?
    /// Whether the peer's certificate was found to be trusted and to carry the name that was asked for.
    public var isVerified: Bool
    /// Whether the peer asked for a certificate and was given none; nil where it did not ask.
    public var lacksCertificate: Bool?

    /// A version, a suite and the peer's certificate.
    public init(version: String, cipher: String, subject: String?, isVerified: Bool) {
        self.version = version
        self.cipher = cipher
        self.subject = subject
        self.isVerified = isVerified
    }

    /// All of it in one line.
    public var description: String {
        let certificate = subject.map { ", certificate of \($0)" + (isVerified ? ", verified" : ", not verified") }
        return "\(version), \(cipher)" + (certificate ?? "")
            + (lacksCertificate == true ? "; it asks for a certificate and was given none" : "")
    }
}

/// Why an encrypted connection could not be made, or broke.
public enum EncryptionFailure: Error, Hashable, Sendable, Codable, CustomStringConvertible {
    /// The peer gave up with an alert, here in words (RFC 8446, section 6).
    case alert(String)
    /// The peer's certificate does not prove who it is.
    case untrusted(reason: String, subject: String)
    /// No certificate could prove to be the peer's: there is no name that it must carry, or none that can be in one.
    case unnamed(String)
    /// What came first was no record of TLS.
    case notEncrypted
    /// The stream ended before the handshake was complete.
    case endedInHandshake
    /// The peer broke the protocol, or nothing could be agreed on.
    case violation(String)
    /// There is no memory for another connection.
    case unavailable

    /// What went wrong, in one line.
    public var description: String {
        switch self {
        case .alert(let name): "the peer ended TLS with the alert \"\(name)\""
        case .untrusted(let reason, let subject): "the certificate of \(subject) is not trusted: \(reason)"
        case .unnamed(let name):
            "no certificate can be verified for "
                + (name.isEmpty ? "a server without a name" : "the name \"\(name)\"")
        case .notEncrypted: "the peer does not speak TLS on this port: the scheme there is ws:// or http://"
        case .endedInHandshake: "the peer ended the stream during the TLS handshake"
        case .violation(let reason): "TLS failed: \(reason)"
        case .unavailable: "there is no memory for another TLS connection"
        }
    }
}
