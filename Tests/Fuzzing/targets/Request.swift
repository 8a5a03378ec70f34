/// Any bytes as requests to a server, and its decision on each (RFC 6455, section 4.2; RFC 9112).
func fuzzRequest(_ given: FuzzInput) {
    var input = given
    let limits = input.choice(of: headLimits)
    let deflate = deflateOptions(&input)
    let ways = Cutting.ways(&input)
    let bytes = Array(input.rest)
    let run = compareHeads(bytes, ways) { way in
        var parser = RequestHeadParser(limits: limits)
        return HeadRun<RequestHead>(bytes, way) { parser.receive($0, at: &$1) }
    }
    var start = 0
    for (head, end) in zip(run.heads, run.ends) {
        require(end - start <= limits.maximumHeadBytes, "a head of \(end - start) bytes is above the limit")
        require(head.fields.count <= limits.maximumFieldCount, "\(head.fields.count) fields are above the limit")
        start = end
        checkParts(of: head)
        checkWriting(of: head)
        for subprotocols in [[], ["chat", "K"]] {
            checkDecision(on: head, subprotocols, nil)
            if let deflate { checkDecision(on: head, subprotocols, deflate) }
        }
    }
    if let failure = run.failure { checkRefusal(failure) }
}

private func checkParts(of head: RequestHead) {
    require(head.path.utf8.first == UInt8(ascii: "/"), "the path \(head.path) does not begin with /")
    require(!head.path.contains("?") && head.target.contains(head.path) || head.path == "/", "a path is in its target")
    for (name, value) in head.queryItems {
        require(
            name.utf8.count + value.utf8.count <= 3 * head.target.utf8.count, "an item is no longer than its target")
    }
    require(head.minorVersion == 0 || head.host != nil, "a request has a host")
    require(head.origin == head.fields["oRIGIN"], "names are compared regardless of case")
}

/// Demands that a head, written as it was read, is read as the same.
private func checkWriting(of head: RequestHead) {
    var output = ByteQueue()
    output.append("\(head.method) \(head.target) HTTP/1.\(head.minorVersion)\r\n")
    head.fields.encode(into: &output)
    output.append("\r\n")
    let again = readRequest(array(output))
    require(again == head && again.hashValue == head.hashValue, "\(head) is read as \(again)")
}

private func checkDecision(on head: RequestHead, _ subprotocols: [String], _ deflate: DeflateOptions?) {
    switch ServerHandshake.evaluate(head, subprotocols: subprotocols, deflate: deflate) {
    case .notUpgrade: break
    case .refuse(let failure): checkRefusal(failure)
    case .upgrade(let acceptance):
        require(head.method == "GET" && head.minorVersion > 0, "only HTTP/1.1 and GET upgrade")
        require(
            head.fields.contains { isNamed("upgrade", $0) && hasToken("websocket", $0.value) }
                && head.fields.contains { isNamed("connection", $0) && hasToken("upgrade", $0.value) },
            "an upgrade was asked for: \(head)")
        require(
            head.fields.filter { isNamed("sec-websocket-version", $0) }.map { Array($0.value.utf8) }
                == [Array("13".utf8)], "the version is 13")
        checkAcceptance(acceptance, of: head, subprotocols, deflate)
    }
}

private func checkAcceptance(
    _ acceptance: ServerHandshake.Acceptance, of head: RequestHead, _ subprotocols: [String], _ deflate: DeflateOptions?
) {
    var output = ByteQueue()
    acceptance.encode(into: &output)
    let (response, body) = readResponse(array(output))
    require(response.status == 101 && body.isEmpty, "an upgrade is answered with a bare 101")
    if let subprotocol = acceptance.subprotocol {
        require(subprotocols.contains { isSame($0, subprotocol) }, "\(subprotocol) is not spoken")
    }
    require(deflate != nil || acceptance.deflate == nil, "compression was not wanted")
    // Without extensions, the client that sent this key takes the answer.
    guard acceptance.deflate == nil else { return }
    guard let key = head.fields["Sec-WebSocket-Key"].flatMap({ Base64.decode($0) }),
        var client = try? ClientHandshake(host: "a", target: "/", subprotocols: subprotocols, key: key)
    else { fatalError("broken invariant: the key of \(head) is 16 bytes in base64") }
    var position = 0
    let progress = output.withUnsafeBytes { client.receive(RawSpan(_unsafeBytes: $0), at: &position) }
    guard case .complete(let accepted) = progress else { fatalError("broken invariant: the client says \(progress)") }
    require(accepted.subprotocol == acceptance.subprotocol && accepted.deflate == nil, "both ends agree")
}

private func checkRefusal(_ failure: HandshakeFailure) {
    var output = ByteQueue()
    HTTPResponse(refusing: failure).encode(into: &output)
    let (response, body) = readResponse(array(output))
    require((400...505).contains(response.status) && response.status == failure.status, "\(failure) refuses")
    require(response.fields["Content-Length"] == String(body.count), "the body has the length that is announced")
}

private func isNamed(_ name: String, _ field: HTTPFields.Field) -> Bool { isSame(field.name.lowercased(), name) }

/// Whether `token` is an element of a list, in any case of ASCII letters.
private func hasToken(_ token: String, _ list: String) -> Bool {
    list.utf8.split(separator: UInt8(ascii: ",")).contains { element in
        let bytes = element.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        return bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 + 0x20 : $0 } == Array(token.utf8)
    }
}
