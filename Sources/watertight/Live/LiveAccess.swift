import SystemCalls
import WebSocketProtocol

/// Who may see a live page: whoever has the token that is in its address.
///
/// It listens on loopback, where every page that a browser of this machine opens may try to reach it, also under a name of
/// its author's (DNS rebinding) and by a WebSocket, which knows no same-origin policy (RFC 6455, section 10.2).
struct LiveAccess: Sendable {
    /// Part of the address, drawn anew for each run.
    let token: String
    private let hosts = AllowedHosts(listeningOn: "127.0.0.1")

    init(token: String = Self.drawnToken()) {
        self.token = token
    }

    /// 128 bits, in hexadecimal digits.
    private static func drawnToken() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        bytes.withUnsafeMutableBytes { KernelRandom.fill($0) }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The path of the page, and that of its socket.
    var path: String { "/\(token)" }
    private var eventsPath: String { "\(path)/events" }

    /// The answer to a request for a page; `document` is called with a number used once.
    func response(to request: RequestHead, document: (_ nonce: String) -> String) -> HTTPResponse {
        guard hosts.allows(request.host) else { return Self.otherHost }
        guard request.path == path else { return Self.unknown }
        guard request.method == "GET" else { return HTTPResponse(status: 405, text: "Only GET is answered here.\n") }
        let nonce = Self.drawnToken()
        var fields = HTTPFields()
        let sources = "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'"
        for (name, value) in [
            ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"),
            // The token is in the address, which no other server is told.
            ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Content-Security-Policy", sources + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
        ] {
            fields.append(name: name, value: value)
        }
        return HTTPResponse(status: 200, fields: fields, body: Array(document(nonce).utf8))
    }

    /// Why a valid opening handshake is refused; nil admits it.
    func refusal(of request: RequestHead) -> HTTPResponse? {
        guard hosts.allows(request.host) else { return Self.otherHost }
        guard request.path == eventsPath else { return Self.unknown }
        guard let origin = request.origin else { return nil }
        guard let host = request.host, origin.lowercased() == "http://\(host.lowercased())" else {
            return HTTPResponse(status: 403, text: "Only the page of this server may connect.\n")
        }
        return nil
    }

    private static let otherHost = HTTPResponse(status: 421, text: "This host's pages are not here.\n")
    private static let unknown = HTTPResponse(status: 404, text: "There is nothing here.\n")
}
