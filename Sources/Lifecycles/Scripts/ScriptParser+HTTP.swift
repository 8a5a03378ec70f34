/// The steps that come before the peer's own connection: requests over HTTP, and what is made of their answers.
extension ScriptParser {
    /// Whether `statement` is one of them, where it stands; with any other the connection begins.
    ///
    /// Throws where it stands too late or too early.
    mutating func standsBeforeConnection(_ statement: Statement, depth: Int) throws(ScriptMistake) -> Bool {
        switch statement {
        case .http:
            guard !hasBegun else {
                throw line.mistake(
                    "expected \"http\" before every other step: it is made before the peer connects, on a connection of its "
                        + "own")
            }
            return true
        case .expect, .capture: if hasCalled, !hasBegun { return true }
        // What a block has decides; the words of a header are mistakes of their own.
        case .repeat, .summary, .finds, .receiveBuffer: return false
        case .open where isOpening:
            guard depth == 0 else { throw line.mistake("expected \"open\" outside of the block") }
            return false
        default: break
        }
        guard !isOpening || !hasCalled || hasBegun else {
            throw line.mistake("expected \"open\" before \"\(statement.rawValue)\", which comes after the upgrade")
        }
        if !hasBegun { beginConnection(isOpen: isOpening) }
        return false
    }

    /// One of them.
    mutating func beforeConnection(_ statement: Statement) throws(ScriptMistake) -> Lifecycle.Step {
        guard statement == .http else { return try simple(statement) }
        let request = try httpRequest()
        call()
        hasExpected = true
        return .http(request)
    }

    private mutating func httpRequest() throws(ScriptMistake) -> HTTPRequest {
        let word = try line.choice(HTTPRequest.Method.allCases.map(\.rawValue), "the method")
        guard let path = line.word(), path.hasPrefix("/") || path.hasPrefix("{path}") else {
            throw line.mistake("expected a path, which begins with a slash, or with {path} for that of the handshake")
        }
        var request = HTTPRequest(HTTPRequest.Method(rawValue: word)!, Template(path))
        try requireNames(of: request.path)
        guard !line.isFollowedByEnd else { return request }
        guard request.method == .post else {
            _ = line.word()
            throw line.mistake("expected the end of the line: a GET has no body")
        }
        request.body = try line.template("the body")
        try requireNames(of: request.body)
        return request
    }

    /// The line `open` of an opening, behind its requests over HTTP: what follows comes after the upgrade.
    mutating func endOfRequests() throws(ScriptMistake) -> [Lifecycle.Step] {
        guard hasCalled, !hasBegun else {
            throw line.mistake(
                "expected no \"open\" in an opening, which lies between the upgrade and the lifecycle's own steps, but once "
                    + "behind its \"http\"")
        }
        guard line.isFollowedByEnd else {
            _ = line.word()
            throw line.mistake("expected the end of the line: what an opening asks for is its \"path\" and \"query\"")
        }
        beginConnection(isOpen: true)
        return [.awaitUpgrade]
    }
}
