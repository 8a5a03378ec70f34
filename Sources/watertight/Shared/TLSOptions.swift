public import ArgumentParser
import Sockets
public import TLS
import WebSocketProtocol

extension TLSContext.Version: ExpressibleByArgument {}

/// How `check`, `drive` and `connect` use TLS.
struct TLSClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("PEM file of the authorities to trust in place of the system's.", valueName: "file"))
    var cacert: String?
    @Flag(name: [.customShort("k"), .long], help: "Accept any certificate.")
    var insecure = false
    @Option(
        help: ArgumentHelp(
            "Name to ask for (SNI), and to expect in a certificate that is verified, in place of the URL's host.",
            valueName: "name"))
    var servername: String?
    @Option(
        help: ArgumentHelp(
            "PEM file of a certificate to prove to a server that asks for one, and those that follow it; with --key.",
            valueName: "file"))
    var cert: String?
    @Option(help: ArgumentHelp("PEM file of that certificate's private key, without a password.", valueName: "file"))
    var key: String?
    @Option(help: "Latest version of TLS to offer: 1.2 or 1.3.")
    var tlsMax = TLSContext.Version.tls13

    /// What can be done where a certificate is not trusted.
    static let trustHint = "; name its authority with --cacert FILE, or accept any with --insecure"

    func validate() throws {
        if cacert != nil && insecure { throw ValidationError("--cacert and --insecure exclude each other") }
        try TLSIdentity.requirePair(cert: cert, key: key)
        if servername?.isEmpty == true { throw ValidationError("--servername needs a name") }
    }

    /// Throws where the options do not fit `url`. Reads no file, which may be a pipe.
    func validate(for url: WebSocketURL) throws {
        if !url.isSecure, let word = words.first { throw ValidationError("\(word) needs a wss:// URL") }
    }

    /// What encrypts connections to `url`; nil for `ws://`. Certificates are verified unless the URL's host is this machine
    /// and `verifiesLoopback` is false.
    func context(for url: WebSocketURL, verifiesLoopback: Bool = true) throws -> TLSContext? {
        guard url.isSecure else { return nil }
        let trust: TLSContext.Trust
        if let cacert {
            trust = .authorities(file: cacert)
        } else {
            trust = insecure || !verifiesLoopback && SocketAddress.isLoopback(host: url.host) ? .anyone : .system
        }
        do throws(TLSSetupFailure) {
            return try TLSContext.client(
                trusting: trust, serverName: servername, latest: tlsMax,
                identity: TLSIdentity.named(cert: cert, key: key))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// The options as they were given.
    var words: [String] {
        (cacert.map { ["--cacert", $0] } ?? []) + (insecure ? ["--insecure"] : [])
            + (servername.map { ["--servername", $0] } ?? []) + (cert.map { ["--cert", $0] } ?? [])
            + (key.map { ["--key", $0] } ?? [])
            + (tlsMax == .tls13 ? [] : ["--tls-max", tlsMax.rawValue])
    }
}

/// How `serve` uses TLS.
struct TLSServerOptions: ParsableArguments {
    @Flag(help: "Serve wss:// with a certificate for localhost, 127.0.0.1 and ::1 that is made at the start.")
    var tls = false
    @Option(help: ArgumentHelp("PEM file of the certificate and those that follow it; with --key.", valueName: "file"))
    var cert: String?
    @Option(help: ArgumentHelp("PEM file of the certificate's private key, without a password.", valueName: "file"))
    var key: String?
    @Option(
        help: ArgumentHelp("Write the certificate to a PEM file, for clients' --cacert.", valueName: "file"))
    var writeCert: String?

    func validate() throws {
        try TLSIdentity.requirePair(cert: cert, key: key)
        if writeCert != nil && !tls && cert == nil { throw ValidationError("--write-cert needs --tls") }
    }

    /// What the server proves to be; nil without TLS. Throws `TLSSetupFailure` or `ReportFile.Failure`.
    func identity() throws -> TLSIdentity? {
        let identity: TLSIdentity
        if let named = try TLSIdentity.named(cert: cert, key: key) {
            identity = named
        } else if tls {
            identity = try TLSIdentity.selfSigned()
        } else {
            return nil
        }
        if let writeCert { try ReportFile(writeCert).write(identity.pem) }
        return identity
    }
}

extension TLSIdentity {
    /// Throws where only one of two options is given.
    fileprivate static func requirePair(cert: String?, key: String?) throws {
        if (cert == nil) != (key == nil) { throw ValidationError("--cert and --key go together") }
    }

    /// The identity in the files that two options name; nil without them.
    fileprivate static func named(cert: String?, key: String?) throws(TLSSetupFailure) -> TLSIdentity? {
        guard let cert, let key else { return nil }
        return try read(certificateFile: cert, keyFile: key)
    }
}
