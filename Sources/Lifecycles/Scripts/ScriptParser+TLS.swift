import TLS

/// The steps that are about TLS.
extension ScriptParser {
    /// What follows `tls`.
    mutating func tlsStep() throws(ScriptMistake) -> Lifecycle.TLSStep {
        let word = TLSWord(rawValue: try line.choice(TLSWord.allCases.map(\.rawValue), "what is done with TLS"))!
        let step: Lifecycle.TLSStep
        switch word {
        case .hello: step = .hello(try variant(ClientHelloForm.allCases, \.word, of: "the ClientHello") ?? .whole)
        case .handshake:
            step = .handshake(try variant(TLSHandshakeKind.allCases, \.rawValue, of: "the handshake") ?? .ordinary)
        case .off: step = .off
        case .record:
            let word = try line.choice(TLSRecordFault.allCases.map(\.rawValue), "what is wrong with the record")
            step = .record(TLSRecordFault(rawValue: word)!)
        case .closeNotify:
            step = try variant(["off"], \.self, of: "close_notify") == nil ? .closeNotify : .closeNotifyOff
        case .updateKeys: step = .updateKeys(try line.number("how many KeyUpdates", in: 1...Self.mostSteps))
        case .renegotiate: step = .renegotiate
        }
        try line.end()
        try require(step)
        return step
    }

    /// One of `choices` by its word; nil at the end of the line.
    private mutating func variant<Choice>(
        _ choices: [Choice], _ word: (Choice) -> String, of what: String
    ) throws(ScriptMistake) -> Choice? {
        guard !line.isFollowedByEnd else { return nil }
        let chosen = try line.choice(choices.map(word), "the kind of \(what), or nothing")
        return choices.first { word($0) == chosen }
    }

    /// Throws where `step` stands too late, or too early.
    private mutating func require(_ step: Lifecycle.TLSStep) throws(ScriptMistake) {
        if step.isBeginning {
            guard tlsBeginning == nil, !hasRequested else {
                throw line.mistake("expected the beginning of TLS once, and before any request")
            }
            tlsBeginning = step
            return
        }
        guard !isBare, hasRequested || tlsBeginning != nil else {
            throw line.mistake("expected \"open\" or \"tls handshake\" before it: there is no TLS session")
        }
    }

    /// Whether there is no TLS session: a ClientHello is all that is sent, or clear text.
    private var isBare: Bool {
        switch tlsBeginning {
        case .hello, .off: true
        default: false
        }
    }

    /// Throws where a request cannot be made, for want of a TLS session; in clear it can, and nobody upgrades it.
    func requireSession(for statement: Statement) throws(ScriptMistake) {
        guard isBare, statement == .open || tlsBeginning != .off else { return }
        throw line.mistake("expected no \"\(statement.rawValue)\" here: there is no TLS session")
    }

    /// Throws where nothing was sent that could be answered so.
    func requireAnswer(_ word: AwaitedWord) throws(ScriptMistake) {
        if word == .serverHello {
            guard case .hello? = tlsBeginning else {
                throw line.mistake("expected \"tls hello\" before what it is answered with")
            }
        } else if isBare, ![.unread, .end].contains(word) {
            throw line.mistake("expected \"await unread\" or \"await end\": there is no TLS session")
        }
        guard hasRequested || tlsBeginning != nil else {
            throw line.mistake("expected \"request\" before what it is answered with")
        }
    }
}
