import WebSocketProtocol

/// What a script of the user's says and listens for.
extension Peer {
    /// A control frame holds 125 bytes, of which two are the code (RFC 6455, section 5.5.1).
    static var mostReasonBytes: Int { 123 }

    /// What a name of a template stands for in this connection.
    func value(_ name: String) -> String? {
        script.value(name, lifecycle, number: number) ?? dialogue?.captured[name]
    }

    /// Sends the request for another path; false if it cannot be sent, which ends the peer.
    func appendRequest(for target: Template) -> Bool {
        do throws(ClientRequestError) {
            handshake = try supplies.handshake(target: target.filled(value), value)
            handshake.encodeRequest(into: &output)
            return true
        } catch {
            finish(.notAttempted("\(error)"))
            return false
        }
    }

    /// False if the target has closed, which ends the peer.
    func append(_ kind: MessageKind, _ bytes: [UInt8]) -> Bool {
        let isSent = bytes.withUnsafeBytes { machine.appendMessage(kind, $0.bytes, into: &output) }
        if !isSent { targetHasClosed() }
        return isSent
    }

    /// Sends what the opening says for so many messages; false if the target has closed, which ends the peer.
    func appendMessages(_ count: Int, bytes: Int?) -> Bool {
        let plain = lifecycle.isCompressed ? script.compressedMessage : script.message
        let filling = bytes.map(PeerScript.filling) ?? plain
        if supplies.saysFillingOnly { return append(filling, times: count) }
        for _ in 0..<count {
            messagesSent += 1
            for message in supplies.opening.message {
                let isSent =
                    switch message {
                    case .sendBinary(let bytes): append(.binary, bytes)
                    case .send(let text): append(.text, Array(text.filled { messageValue($0, filling) }.utf8))
                    default: true
                    }
                guard isSent else { return false }
            }
        }
        return true
    }

    private func append(_ text: String, times count: Int) -> Bool {
        var text = text
        let isSent = text.withUTF8 { bytes in
            (0..<count).allSatisfy { _ in
                machine.appendMessage(.text, UnsafeRawBufferPointer(bytes).bytes, into: &output)
            }
        }
        if !isSent { targetHasClosed() }
        return isSent
    }

    private func messageValue(_ name: String, _ filling: String) -> String? {
        switch name {
        case "filling": filling
        case "message": "\(messagesSent)"
        default: value(name)
        }
    }

    /// A message has come into which the opening or a step looks.
    func received(_ message: [UInt8]) {
        let opening = supplies.opening
        if let reply = opening.replies.first(where: { $0.request.matches(message, supplies.patterns, value) }) {
            let answer = Array(reply.answer.filled(value).utf8)
            _ = answer.withUnsafeBytes { machine.appendMessage(.text, $0.bytes, into: &output) }
            return
        }
        if opening.answer?.matches(message, supplies.patterns, value) ?? true { replies += 1 }
        dialogue?.add(message)
    }

    /// Keeps a value of the message that was expected last; false if it has none there, which ends the peer.
    func capture(_ name: String, from pointer: JSONPointer) -> Bool {
        let message = dialogue?.expected ?? []
        guard let value = pointer.value(in: message) else {
            let isAnswer = step < supplies.stepsBeforeConnection
            let excerpt = Self.excerpt(of: message, called: isAnswer ? Self.answerName : Self.messageName)
            finish(.broken("there is nothing at \(pointer) to capture {\(name)} from; \(excerpt)"))
            return false
        }
        dialogue?.captured[name] = value
        return true
    }

    static var messageName: String { "the last message" }
    static var answerName: String { "the answer" }

    /// The beginning of a message, for a report.
    static func excerpt(of message: [UInt8], called name: String = messageName) -> String {
        guard !message.isEmpty else { return "\(name) is empty" }
        let shown = message.prefix(120)
        guard let text = String(validating: shown, as: UTF8.self) else {
            return "\(name) was \(message.count) binary bytes: \(Hexadecimal.render(shown.prefix(40)))"
        }
        return "\(name) was \(text.escapedForTerminal)" + (message.count > shown.count ? "…" : "")
    }
}
