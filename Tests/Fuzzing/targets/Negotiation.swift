/// Any text as offer and as answer of extensions (RFC 7692, sections 5 and 7.1).
func fuzzNegotiation(_ given: FuzzInput) {
    var input = given
    let server = deflateOptions(&input) ?? .contextTakeover
    let client = deflateOptions(&input) ?? DeflateOptions()
    checkBothEnds(server: server, client: client)
    let text = String(decoding: input.rest.prefix { $0 >= 0x20 && $0 != 0x7F }, as: UTF8.self)
    checkElement(text)
    checkOffer(text, server)
    checkAnswer(text, client)
}

/// An element that was read holds tokens only, and means the same when written plainly.
private func checkElement(_ text: String) {
    guard let element = ExtensionElement(text) else { return }
    require(text.utf8.allSatisfy { $0 < 0x80 }, "an element is ASCII: \(text.debugDescription)")
    var plain = element.name
    for parameter in element.parameters {
        plain += ";" + parameter.name + (parameter.value.map { "=" + $0 } ?? "")
    }
    require(ExtensionElement(plain) == element, "\(text) is read as \(element), which is not read again")
    guard element.name == DeflateParameters.extensionName, let parameters = DeflateParameters(element) else { return }
    require(
        ExtensionElement(parameters.text).flatMap { DeflateParameters($0) } == parameters,
        "\(parameters.text) is not read as it was meant")
}

private func checkOffer(_ text: String, _ options: DeflateOptions) {
    var fields: HTTPFields = [
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]
    fields.append(name: "Sec-WebSocket-Extensions", value: text)
    let head = RequestHead(method: "GET", target: "/", fields: fields)
    guard case .upgrade(let acceptance) = ServerHandshake.evaluate(head, deflate: options) else { return }
    var output = ByteQueue()
    acceptance.encode(into: &output)
    let answers = readResponse(array(output)).head.fields.values(of: "Sec-WebSocket-Extensions")
    require(answers.count == (acceptance.deflate == nil ? 0 : 1), "what is agreed upon is said once")
    guard let agreement = acceptance.deflate else { return }
    checkAgreement(agreement, within: options)
    guard let answer = ExtensionElement(answers[0]).flatMap({ DeflateParameters($0) }) else {
        fatalError("broken invariant: \(answers[0]) is no answer")
    }
    // The answer fits one of the offers (section 7.1).
    let offers = fields.elements(of: "Sec-WebSocket-Extensions").compactMap { ExtensionElement($0) }
        .filter { $0.name == DeflateParameters.extensionName }.compactMap { DeflateParameters($0) }
    require(offers.contains { isAnswer(answer, to: $0) }, "\(answers[0]) does not answer \(text)")
    require(
        agreement.localContextTakeover == !answer.serverNoContextTakeover
            && agreement.remoteContextTakeover == !answer.clientNoContextTakeover
            && agreement.localWindowBits == answer.serverMaxWindowBits ?? 15, "\(agreement) is not \(answers[0])")
    if case .bits(let bits)? = answer.clientMaxWindowBits {
        require(agreement.remoteWindowBits == bits, "\(agreement) is not \(answers[0])")
    } else {
        require(agreement.remoteWindowBits == 15, "a client that was told nothing may use the whole window")
    }
}

private func isAnswer(_ answer: DeflateParameters, to offer: DeflateParameters) -> Bool {
    if offer.serverNoContextTakeover && !answer.serverNoContextTakeover { return false }
    if let limit = offer.serverMaxWindowBits {
        guard let bits = answer.serverMaxWindowBits, bits <= limit else { return false }
    }
    switch (offer.clientMaxWindowBits, answer.clientMaxWindowBits) {
    case (_, .unspecified), (nil, .bits): return false
    case (.bits(let limit), .bits(let bits)): return bits <= limit
    default: return true
    }
}

private func checkAnswer(_ text: String, _ options: DeflateOptions) {
    let key = Array("the sample nonce".utf8)
    guard var handshake = try? ClientHandshake(host: "a", target: "/", key: key, deflate: options) else {
        fatalError("broken invariant: the request is well-formed")
    }
    var output = ByteQueue()
    output.append("HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
    output.append("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: \(text)\r\n\r\n")
    var position = 0
    let progress = output.withUnsafeBytes { handshake.receive(RawSpan(_unsafeBytes: $0), at: &position) }
    guard case .complete(let accepted) = progress, let agreement = accepted.deflate else { return }
    checkAgreement(agreement, within: options)
    require(options.remoteContextTakeover || !agreement.remoteContextTakeover, "what was asked for is granted")
    require(agreement.remoteWindowBits <= options.remoteWindowBits, "what was asked for is granted")
}

/// Demands that both ends of one handshake agree upon the same.
private func checkBothEnds(server: DeflateOptions, client: DeflateOptions) {
    let key = Array("the sample nonce".utf8)
    guard var handshake = try? ClientHandshake(host: "a", target: "/", key: key, deflate: client) else {
        fatalError("broken invariant: the request is well-formed")
    }
    var request = ByteQueue()
    handshake.encodeRequest(into: &request)
    guard
        case .upgrade(let acceptance) = ServerHandshake.evaluate(readRequest(array(request)), deflate: server),
        let atServer = acceptance.deflate
    else { fatalError("broken invariant: an offer of compression is accepted") }
    var response = ByteQueue()
    acceptance.encode(into: &response)
    var position = 0
    let progress = response.withUnsafeBytes { handshake.receive(RawSpan(_unsafeBytes: $0), at: &position) }
    guard case .complete(let accepted) = progress, let atClient = accepted.deflate else {
        fatalError("broken invariant: \(client) is answered under \(server), and \(progress)")
    }
    checkAgreement(atServer, within: server)
    checkAgreement(atClient, within: client)
    // Each end may do with less than the other allows, never with more.
    require(
        (!atServer.localContextTakeover || atClient.remoteContextTakeover)
            && (!atClient.localContextTakeover || atServer.remoteContextTakeover)
            && atServer.localWindowBits <= atClient.remoteWindowBits
            && atClient.localWindowBits <= atServer.remoteWindowBits, "\(atServer) at one end, \(atClient) at the other"
    )
}
