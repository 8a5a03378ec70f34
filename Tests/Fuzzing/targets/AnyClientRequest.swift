/// Any text as what a client is asked to request: a URL, then host, target, origin, subprotocols and fields, one a line
/// (RFC 6455, sections 3 and 4.1).
func fuzzClientRequest(_ given: FuzzInput) {
    var input = given
    let deflate = deflateOptions(&input)
    var lines = input.rest.split(separator: 0x0A, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
    }
    let url = lines.removeFirst()
    checkURL(url)
    while lines.count < 4 { lines.append("") }
    let subprotocols = lines[3].isEmpty ? [] : lines[3].split(separator: ",").map(String.init)
    var fields = HTTPFields()
    for line in lines.dropFirst(4) {
        let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        fields.append(name: parts[0], value: parts.count == 2 ? parts[1] : "")
    }
    checkAnswers(with: fields)
    let origin = lines[2].isEmpty ? nil : lines[2]
    let handshake: ClientHandshake
    do throws(ClientRequestError) {
        handshake = try ClientHandshake(
            host: lines[0], target: lines[1], fields: fields, subprotocols: subprotocols, origin: origin,
            key: Array("the sample nonce".utf8), deflate: deflate)
    } catch {
        return require(!error.description.isEmpty, "an error says what is wrong")
    }
    let head = checkRequest(of: handshake, host: lines[0], target: lines[1], deflate)
    require(head.origin.map { Array($0.utf8) } == origin.map { Array($0.utf8) }, "the origin is sent as it was given")
    let offered = head.fields.elements(of: "Sec-WebSocket-Protocol")
    require(offered.count == subprotocols.count && zip(offered, subprotocols).allSatisfy(isSame), "the offer is whole")
    for (sent, given) in zip(head.fields.suffix(fields.count), fields) {
        require(
            isSame(sent.name, given.name)
                && Array(sent.value.utf8) == Array(ASCII.trimmed(Array(given.value.utf8))),
            "\(given) is sent as \(sent)")
    }
}

/// Demands that a server's own fields, whatever they say, end no line and add no field.
private func checkAnswers(with fields: HTTPFields) {
    let body = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
    var output = ByteQueue()
    HTTPResponse(status: 403, fields: fields, body: body).encode(into: &output)
    let refusal = readResponse(array(output))
    require(refusal.head.status == 403 && Array(refusal.body) == body, "\(fields) change a response")
    require(refusal.head.fields.values(of: "Content-Length") == [String(body.count)], "\(fields) change its length")
    require(refusal.head.fields.values(of: "Connection") == ["close"], "\(fields) keep the connection")
    require(refusal.head.fields.count <= fields.count + 2, "\(fields) become \(refusal.head.fields)")

    let request: HTTPFields = [
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    let head = RequestHead(method: "GET", target: "/", fields: request)
    guard case .upgrade(var acceptance) = ServerHandshake.evaluate(head) else {
        fatalError("broken invariant: \(head) is refused")
    }
    acceptance.fields = fields
    output.removeAll()
    acceptance.encode(into: &output)
    let upgrade = readResponse(array(output))
    require(upgrade.head.status == 101 && upgrade.body.isEmpty, "\(fields) change an acceptance")
    require(upgrade.head.fields.count <= fields.count + 3, "\(fields) become \(upgrade.head.fields)")
}

private func checkURL(_ text: String) {
    let url: WebSocketURL
    do throws(WebSocketURLError) {
        url = try WebSocketURL(text)
    } catch {
        return require(!error.description.isEmpty, "an error says what is wrong")
    }
    guard let again = try? WebSocketURL(url.description) else {
        fatalError("broken invariant: \(url.description) is not read again")
    }
    require(again == url && again.hashValue == url.hashValue, "\(text) is \(url), which is read as \(again)")
    require(text.hasSuffix(url.target) || text.hasSuffix(url.target.dropFirst()), "the target stands in the URL")
    guard let handshake = try? ClientHandshake(host: url.hostField, target: url.target) else {
        fatalError("broken invariant: \(url) cannot be asked for")
    }
    _ = checkRequest(of: handshake, host: url.hostField, target: url.target, nil)
}

/// Demands that a server understands the request and wants to upgrade.
private func checkRequest(
    of handshake: borrowing ClientHandshake, host: String, target: String, _ deflate: DeflateOptions?
) -> RequestHead {
    var output = ByteQueue()
    handshake.encodeRequest(into: &output)
    let head = readRequest(array(output))
    require(isSame(head.target, target) && isSame(head.fields["Host"] ?? "", host), "\(head) is not what was asked for")
    guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head, deflate: .contextTakeover) else {
        fatalError("broken invariant: \(head) is refused")
    }
    require((acceptance.deflate == nil) == (deflate == nil), "an offer of compression is answered")
    return head
}
