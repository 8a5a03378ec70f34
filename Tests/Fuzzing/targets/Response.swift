/// Any bytes as the server's answer to a client (RFC 6455, section 4.1).
func fuzzResponse(_ given: FuzzInput) {
    var input = given
    let limits = input.choice(of: headLimits)
    let subprotocols = input.choice(of: [[], ["chat", "K"]])
    let deflate = deflateOptions(&input)
    let ways = Cutting.ways(&input)
    let bytes = Array(input.rest)

    let heads = compareHeads(bytes, ways) { way in
        var parser = ResponseHeadParser(limits: limits)
        return HeadRun<ResponseHead>(bytes, way) { parser.receive($0, at: &$1) }
    }
    let outcomes = ways.map { answer(bytes, $0, limits, subprotocols, deflate) }
    for outcome in outcomes { require(outcome == outcomes[0], "\(outcome) or \(outcomes[0]), depending on the cuts") }
    switch outcomes[0] {
    case .needsMore: require(heads.heads.isEmpty && heads.failure == nil, "a whole head is enough")
    case .accepted(let accepted, let end):
        require(end == heads.ends[0] && heads.heads[0].status == 101, "an acceptance is a head with 101")
        require(accepted.fields == heads.heads[0].fields, "every field is handed on")
        checkAccepted(accepted, subprotocols, deflate)
    case .failed(.refused(let head)):
        require(head == heads.heads[0] && head.status != 101, "a refusal is another status")
    case .failed(let failure): require(!failure.description.isEmpty, "a failure says what is wrong")
    }
}

private enum Answer: Equatable {
    case needsMore
    case accepted(ClientHandshake.Accepted, end: Int)
    case failed(ClientHandshakeFailure)
}

private func answer(
    _ bytes: [UInt8], _ cutting: Cutting, _ limits: HandshakeLimits, _ subprotocols: [String],
    _ deflate: DeflateOptions?
) -> Answer {
    guard
        var handshake = try? ClientHandshake(
            host: "a", target: "/", subprotocols: subprotocols, key: Array("the sample nonce".utf8), deflate: deflate,
            limits: limits)
    else { fatalError("broken invariant: the request is well-formed") }
    var start = 0
    for part in cutting.pieces(of: bytes) {
        let piece = Piece(part)
        var position = 0
        let progress = piece.borrow { handshake.receive($0, at: &position) }
        require(position <= piece.count, "the position lies in the input")
        switch progress {
        case .needsMore: require(position == piece.count, "more is needed only when all input is consumed")
        case .complete(let accepted): return .accepted(accepted, end: start + position)
        case .failed(let failure): return .failed(failure)
        }
        start += piece.count
    }
    return .needsMore
}

private func checkAccepted(_ accepted: ClientHandshake.Accepted, _ subprotocols: [String], _ deflate: DeflateOptions?) {
    let keys = accepted.fields.values(of: "Sec-WebSocket-Accept")
    require(keys.count == 1 && isSame(keys[0], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "\(keys) proves nothing")
    let upgrade = accepted.fields.values(of: "Upgrade").flatMap { Array($0.utf8) }
    require(upgrade.allSatisfy { $0 < 0x80 }, "\(upgrade) is not websocket")
    if let subprotocol = accepted.subprotocol {
        require(subprotocols.contains { isSame($0, subprotocol) }, "\(subprotocol) was not offered")
    }
    guard let agreement = accepted.deflate else {
        return require(accepted.fields.elements(of: "Sec-WebSocket-Extensions").isEmpty, "no extension goes unnoticed")
    }
    guard let deflate else { fatalError("broken invariant: compression was not offered") }
    checkAgreement(agreement, within: deflate)
}

/// Demands that nothing was agreed upon that the options do not allow.
func checkAgreement(_ agreement: DeflateAgreement, within options: DeflateOptions) {
    require(agreement.localContextTakeover == false || options.localContextTakeover, "our context is given up")
    require(
        (8...15).contains(agreement.localWindowBits) && agreement.localWindowBits <= options.localWindowBits
            && (8...15).contains(agreement.remoteWindowBits), "\(agreement) has windows that \(options) does not allow")
}
