import WebSocketProtocol

/// The steps that stand on one line.
extension ScriptParser {
    /// The request of `open` and `request`.
    mutating func request(_ statement: Statement) throws(ScriptMistake) -> Lifecycle.Step {
        guard let word = line.nextWord else { return .sendRequest }
        if word.hasPrefix("/") {
            _ = line.word()
            let target = Template(word)
            try requireNames(of: target)
            try line.end()
            return .sendRequestFor(target)
        }
        guard statement == .request else {
            _ = line.word()
            throw line.mistake("expected a path, which begins with a slash, or nothing for that of the URL")
        }
        let step: Lifecycle.Step
        switch try line.choice(["half", "trickle", "faulty"], "what is wrong with the request, or a path") {
        case "half": step = .sendHalfRequest
        case "trickle": step = .trickleRequest
        default:
            let word = try line.choice(RequestFault.allCases.map(\.word), "the fault")
            step = .sendFaultyRequest(RequestFault.allCases.first { $0.word == word }!)
        }
        try line.end()
        return step
    }

    /// What `await` waits for.
    mutating func awaited() throws(ScriptMistake) -> Lifecycle.Step {
        let step: Lifecycle.Step
        let word = AwaitedWord(rawValue: try line.choice(AwaitedWord.allCases.map(\.rawValue), "what to wait for"))!
        try requireAnswer(word)
        switch word {
        case .serverHello: step = .tls(.awaitServerHello)
        case .upgrade: step = .awaitUpgrade
        case .refusal: step = .awaitRefusal
        case .unread: step = .awaitUnread
        case .replies: step = .awaitReplies(try line.number("how many replies", in: 1...Self.mostSteps))
        case .pong: step = .awaitPong
        case .close: step = .awaitClose
        case .end: step = .awaitEnd
        }
        try line.end()
        return step
    }

    /// Every other step.
    mutating func simple(_ statement: Statement) throws(ScriptMistake) -> Lifecycle.Step {
        switch statement {
        case .send:
            let text = try line.template("the text to send")
            try requireNames(of: text)
            return .send(text)
        case .sendBinary: return .sendBinary(try bytes())
        case .sendBytes: return .sendOctets(try bytes())
        case .close: return try close()
        default: break
        }
        let step = try bounded(statement)
        try line.end()
        return step
    }

    /// The steps after which the line must end.
    private mutating func bounded(_ statement: Statement) throws(ScriptMistake) -> Lifecycle.Step {
        switch statement {
        case .expect: return try expect()
        case .capture: return try capture()
        case .brokenFrame:
            let word = try line.choice(FramePiece.allCases.map(\.word), "what is wrong with the frame")
            return .sendBytes(FramePiece.allCases.first { $0.word == word }!)
        case .messages:
            let count = try line.number("how many messages", in: 1...Self.mostSteps)
            guard !line.isFollowedByEnd else { return .sendMessages(count) }
            return .sendMessages(count, bytes: try line.number("the bytes of each", in: 1...(Self.mostBytes / count)))
        case .pings: return .sendPings(try line.number("how many Pings", in: 1...Self.mostSteps))
        case .answers: return try off(.ignoreTarget)
        case .reading:
            return try line.choice(["on", "off"], "whether the peer reads") == "on" ? .resumeReading : .stopReading
        case .hold: return line.isFollowedByEnd ? .hold : .holdFor(try line.duration("how long to hold"))
        case .stay: return .stay
        case .rendezvous: return .rendezvous
        case .provokeClose: return .provokeClose
        default: preconditionFailure("\(statement) stands on a line of another kind")
        }
    }

    private mutating func off(_ step: Lifecycle.Step) throws(ScriptMistake) -> Lifecycle.Step {
        _ = try line.choice(["off"], "that the peer stops answering")
        return step
    }

    private mutating func bytes() throws(ScriptMistake) -> [UInt8] {
        var digits = ""
        while let word = line.word() { digits += word + " " }
        guard let bytes = Hexadecimal.parse(digits), !bytes.isEmpty else {
            throw line.mistake("expected bytes as pairs of hexadecimal digits, such as 82 80 00 00 00 00")
        }
        return bytes
    }

    private mutating func expect() throws(ScriptMistake) -> Lifecycle.Step {
        let expectation = try line.expectation()
        if case .text(let template) = expectation { try requireNames(of: template) }
        guard let word = line.word() else { return .expect(expectation, within: nil) }
        guard word == "within" else {
            throw line.mistake(
                "expected \"within\" and a time, or the end of the line, not \"\(word)\": a text with spaces stands between "
                    + "quotation marks")
        }
        return .expect(expectation, within: try line.duration("how long to wait"))
    }

    private mutating func capture() throws(ScriptMistake) -> Lifecycle.Step {
        try requireMessage()
        guard let name = line.word() else { throw line.mistake("expected a name for the value") }
        guard name.first?.beginsName == true, name.allSatisfy(\.isPartOfName) else {
            throw line.mistake("expected a name of letters, digits, - and _, not \"\(name)\"")
        }
        guard !Template.commonNames.contains(String(name)) else {
            throw line.mistake("expected another name: {\(name)} has its own meaning")
        }
        guard line.word() == "from" else {
            throw line.mistake("expected \"from\" and a JSON pointer, such as /session")
        }
        guard let word = line.word(), let pointer = JSONPointer(word) else {
            throw line.mistake("expected a JSON pointer into the message (RFC 6901), such as /payload/session")
        }
        capture(String(name))
        return .capture(String(name), from: pointer)
    }

    private mutating func close() throws(ScriptMistake) -> Lifecycle.Step {
        guard !line.isFollowedByEnd else { return .sendClose }
        let code = UInt16(try line.number("a close code", in: 1000...4999))
        guard CloseCode(rawValue: code).mayBeSent else {
            throw line.mistake(
                "expected a close code that may be sent: 1000-1003, 1007-1014 or 3000-4999 (RFC 6455, section 7.4)")
        }
        guard !line.isFollowedByEnd else { return code == 1000 ? .sendClose : .sendCloseWith(code, reason: Template()) }
        let reason = try line.template("a reason")
        try requireNames(of: reason)
        guard reason.description.utf8.count <= 123 else {
            throw line.mistake("expected a reason of at most 123 bytes (RFC 6455, section 5.5)")
        }
        return .sendCloseWith(code, reason: reason)
    }
}
