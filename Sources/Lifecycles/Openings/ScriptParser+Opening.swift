/// The words that only an opening has.
enum OpeningStatement: String, CaseIterable {
    case path, query, subprotocol, exchange, reply, closing
}

extension ScriptParser {
    /// The whole of an opening.
    mutating func opening() throws(ScriptMistake) -> Opening {
        beginOpening()
        var opening: Opening? = Opening()
        let steps = try steps(depth: 0, &opening)
        // The line "open" stands between both; it may be missing where nothing follows.
        let upgrade = steps.firstIndex(of: .awaitUpgrade) ?? (hasCalled ? steps.endIndex : nil)
        opening?.requests = Array(steps[..<(upgrade ?? 0)])
        opening?.steps = Array(steps[(upgrade ?? 0)...].drop { $0 == .awaitUpgrade })
        return opening!
    }

    /// Reads the rest of a line that only an opening has.
    mutating func add(_ statement: OpeningStatement, to opening: inout Opening) throws(ScriptMistake) {
        switch statement {
        case .path:
            guard let word = line.word(), word.hasPrefix("/") else {
                throw line.mistake("expected a path, which begins with a slash")
            }
            try requireNames(of: Template(word))
            opening.path = String(word)
            try line.end()
        case .query:
            guard let word = line.word(), word.contains("=") else {
                throw line.mistake("expected a query item, such as id={id}")
            }
            try requireNames(of: Template(word))
            opening.queries.append(String(word))
            try line.end()
        case .subprotocol:
            guard let word = line.word() else { throw line.mistake("expected the name of a subprotocol") }
            opening.subprotocols.append(String(word))
            try line.end()
        case .closing:
            let text = try line.template("the text that makes the target close")
            try requireNames(of: text)
            opening.closingMessage = text
        case .reply:
            let request = try line.expectation()
            if case .text(let template) = request { try requireNames(of: template) }
            guard line.word() == "with" else { throw line.mistake("expected \"with\" and the text of the reply") }
            let answer = try line.template("the text of the reply")
            try requireNames(of: answer)
            opening.replies.append(Opening.Reply(request: request, answer: answer))
        case .exchange: try readExchange(into: &opening)
        }
    }

    private mutating func readExchange(into opening: inout Opening) throws(ScriptMistake) {
        guard line.word() == "{" else { throw line.mistake("expected { at the end of the line") }
        try line.end()
        let begin = line
        var nothing: Opening?
        for name in Opening.messageNames { capture(name) }
        let before = hasExpected
        var steps = try steps(depth: 1, &nothing)
        // Its message comes with each exchange, and is none that a step of the opening could look into.
        hasExpected = before
        for name in Opening.messageNames { forget(name) }
        opening.answer = nil
        if case .expect(let expectation, _)? = steps.last {
            opening.answer = expectation
            steps.removeLast()
        }
        let areMessages = steps.allSatisfy {
            switch $0 {
            case .send, .sendBinary: true
            default: false
            }
        }
        guard !steps.isEmpty, areMessages else {
            throw begin.mistake("expected \"send\" or \"send-binary\" in the block, then at most one \"expect\"")
        }
        opening.message = steps
    }

    /// Throws for a step that an opening may not have.
    func requireInOpening(_ statement: Statement) throws(ScriptMistake) {
        switch statement {
        case .http, .open, .send, .sendBinary, .sendBytes, .expect, .capture, .pings, .hold, .repeat: break
        default:
            throw line.mistake(
                "expected no \"\(statement.rawValue)\" in an opening, which lies between the upgrade and the lifecycle's own "
                    + "steps")
        }
    }
}
