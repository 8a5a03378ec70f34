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
            handshake = try supplies.handshake(number: number, target: target.filled(value))
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

    /// Keeps a value of the message that was expected last; false if it has none there, which ends the peer.
    func capture(_ name: String, from pointer: JSONPointer) -> Bool {
        let message = dialogue?.expected ?? []
        guard let value = pointer.value(in: message) else {
            finish(.broken("there is nothing at \(pointer) to capture {\(name)} from; \(Self.excerpt(of: message))"))
            return false
        }
        dialogue?.captured[name] = value
        return true
    }

    /// The beginning of a message, for a report.
    static func excerpt(of message: [UInt8]) -> String {
        let shown = message.prefix(120)
        guard let text = String(validating: shown, as: UTF8.self) else {
            return "the last message was \(message.count) binary bytes: \(Hexadecimal.render(shown.prefix(40)))"
        }
        return "the last message was \(text.escapedForTerminal)" + (message.count > shown.count ? "…" : "")
    }
}
