/// A plain HTTP response, after which the server closes (RFC 9112, sections 4, 6 and 9.6).
public struct HTTPResponse: Hashable, Sendable {
    /// The status, three digits.
    public var status: Int
    /// Further fields: not Content-Length or Connection, which are written from the rest.
    public var fields: HTTPFields
    /// The body.
    public var body: [UInt8]

    /// Describes a response.
    public init(status: Int, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Describes a response whose body is plain text.
    public init(status: Int, fields: HTTPFields = HTTPFields(), text: String) {
        var fields = fields
        fields.append(name: "Content-Type", value: "text/plain; charset=utf-8")
        self.init(status: status, fields: fields, body: Array(text.utf8))
    }

    /// Refuses a request and says in the body what to do (RFC 6455, section 4.2.2).
    public init(refusing failure: HandshakeFailure) {
        self.init(status: failure.status, text: failure.description + "\n")
    }

    /// Writes head and body.
    ///
    /// A 426 names the protocol and version to upgrade to (RFC 9110, section 15.5.22); a 405 names GET.
    public func encode(into output: inout ByteQueue) {
        output.append("HTTP/1.1 \(status) \(Self.reasonPhrase(for: status))\r\n")
        var all = fields
        for name in ["Content-Length", "Connection"] { all.removeAll(named: name) }
        if status == 426 {
            all.append(name: "Upgrade", value: "websocket")
            all.append(name: "Sec-WebSocket-Version", value: "13")
        }
        if status == 405, all["Allow"] == nil { all.append(name: "Allow", value: "GET") }
        all.append(name: "Connection", value: status == 426 ? "Upgrade, close" : "close")
        all.append(name: "Content-Length", value: String(body.count))
        all.encode(into: &output)
        output.append("\r\n")
        body.withUnsafeBytes { output.append($0) }
    }

    /// The reason phrase of a status (RFC 9110, section 15); empty if unknown.
    public static func reasonPhrase(for status: Int) -> String {
        switch status {
        case 101: "Switching Protocols"
        case 200: "OK"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
