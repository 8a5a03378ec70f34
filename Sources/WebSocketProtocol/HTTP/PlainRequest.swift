/// A request that asks for no upgrade, and for the end of its connection after the answer (RFC 9112, sections 3 and 9.6).
package struct PlainRequest: Hashable, Sendable {
    private let head: HTTPFields
    private let requestLine: String
    private let body: [UInt8]?

    /// Prepares a request; with a body, even an empty one, its length is told.
    ///
    /// `host` is the Host field's value, the port included; `target` the path and query. Without a Content-Type among `fields`
    /// a body is called JSON, a form or text, as it looks. Throws if anything could break the request.
    package init(
        method: String, host: String, target: String, fields: HTTPFields = HTTPFields(), origin: String? = nil,
        body: [UInt8]? = nil
    ) throws(ClientRequestError) {
        precondition(ASCII.isToken(method.utf8), "a method is a token")
        try ClientRequest.require(host: host, target: target, fields: fields, origin: origin)
        requestLine = "\(method) \(target) HTTP/1.1\r\n"
        self.body = body
        var head: HTTPFields = ["Host": host, "Connection": "close"]
        if fields["Accept"] == nil { head.append(name: "Accept", value: "*/*") }
        if let origin { head.append(name: "Origin", value: origin) }
        for field in fields { head.append(name: field.name, value: field.value) }
        if let body {
            if !body.isEmpty, fields["Content-Type"] == nil {
                head.append(name: "Content-Type", value: Self.type(of: body))
            }
            head.append(name: "Content-Length", value: "\(body.count)")
        }
        self.head = head
    }

    /// What a body most likely is.
    private static func type(of body: [UInt8]) -> String {
        switch body[0] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return "application/json"
        default: break
        }
        let isForm = body.contains(UInt8(ascii: "=")) && body.allSatisfy(ASCII.isVisible)
        return isForm ? "application/x-www-form-urlencoded" : "text/plain; charset=utf-8"
    }

    /// Writes head and body.
    package func encode(into output: inout ByteQueue) {
        output.append(requestLine)
        head.encode(into: &output)
        output.append("\r\n")
        body?.withUnsafeBytes { output.append($0) }
    }
}
