import TLS

/// Writes lifecycles as scripts, which read back give the same.
enum ScriptPrinter {
    /// What stands before the steps, then the steps, a line each.
    static func render(_ lifecycle: Lifecycle) -> String {
        var lines = ["summary \(lifecycle.summary)", "finds \(lifecycle.finds)"]
        if let bytes = lifecycle.receiveBufferBytes { lines.append("receive-buffer \(bytes)") }
        return lines.map { $0 + "\n" }.joined() + render(lifecycle.steps)
    }

    /// The steps, a line each.
    static func render(_ steps: [Lifecycle.Step]) -> String {
        var lines: [String] = []
        var steps = steps[...]
        while let step = steps.popFirst() {
            if step.isRequest, steps.first == .awaitUpgrade {
                steps.removeFirst()
                lines.append(line("open", target(of: step)))
            } else {
                lines.append(text(of: step))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func line(_ words: String?...) -> String { words.compactMap { $0 }.joined(separator: " ") }

    private static func target(of step: Lifecycle.Step) -> String? {
        if case .sendRequestFor(let target) = step { "\(target)" } else { nil }
    }

    /// The line of one step.
    static func text(of step: Lifecycle.Step) -> String {
        switch step {
        case .http(let request):
            line("http", "\(request)", request.body.parts.isEmpty ? nil : restOfLine(request.body))
        case .sendRequest, .sendRequestFor: line("request", target(of: step))
        case .sendFaultyRequest(let fault): "request faulty \(fault.word)"
        case .sendHalfRequest: "request half"
        case .trickleRequest: "request trickle"
        case .awaitUpgrade: "await upgrade"
        case .awaitRefusal: "await refusal"
        case .awaitUnread: "await unread"
        case .awaitReplies(let count): "await replies \(count)"
        case .awaitPong: "await pong"
        case .awaitClose: "await close"
        case .awaitEnd: "await end"
        case .send(let text): "send \(restOfLine(text))"
        case .sendBinary(let bytes): "send-binary \(Hexadecimal.render(bytes))"
        case .sendOctets(let bytes): "send-bytes \(Hexadecimal.render(bytes))"
        case .sendBytes(let piece): "broken-frame \(piece.word)"
        case .sendMessages(let count, let bytes): line("messages", "\(count)", bytes.map { "\($0)" })
        case .sendPings(let count): "pings \(count)"
        case .expect(let expectation, let limit):
            line("expect", "\(expectation)", limit.map { "within \(time($0))" })
        case .capture(let name, let pointer): "capture \(name) from \(pointer)"
        case .provokeClose: "provoke-close"
        case .ignoreTarget: "answers off"
        case .stopReading: "reading off"
        case .resumeReading: "reading on"
        case .sendClose: "close"
        case .sendCloseWith(let code, let reason):
            line("close", "\(code)", reason.parts.isEmpty ? nil : restOfLine(reason))
        case .hold: "hold"
        case .holdFor(let time): "hold \(self.time(time))"
        case .stay: "stay"
        case .rendezvous: "rendezvous"
        case .tls(let step): text(of: step)
        case .leaveWithFIN: "fin"
        case .leaveWithReset: "reset"
        }
    }

    private static func text(of step: Lifecycle.TLSStep) -> String {
        switch step {
        case .hello(let form): line("tls hello", form == .whole ? nil : form.word)
        case .awaitServerHello: "await server-hello"
        case .handshake(let kind): line("tls handshake", kind == .ordinary ? nil : kind.rawValue)
        case .off: "tls off"
        case .closeNotify: "tls close-notify"
        case .closeNotifyOff: "tls close-notify off"
        case .record(let fault): "tls record \(fault.rawValue)"
        case .updateKeys(let count): "tls update-keys \(count)"
        case .renegotiate: "tls renegotiate"
        }
    }

    /// The text as it stands where that reads back, else between quotation marks.
    private static func restOfLine(_ template: Template) -> String {
        let plain = "\(template)"
        let isPlain =
            // Where the rest of a line may be missing, # begins a comment.
            plain.first != "\"" && plain.first != "#" && plain.first?.isWhitespace == false
            && plain.last?.isWhitespace == false
            && !plain.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F } && Template(plain) == template
        return isPlain ? plain : QuotedText.render(template)
    }

    private static func time(_ time: Duration) -> String {
        let milliseconds = Int(time / .milliseconds(1))
        return milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}

extension Lifecycle {
    /// The lifecycle as a script, which ``init(name:script:)`` reads back; a user's as it was written.
    public var script: String { source ?? ScriptPrinter.render(self) }
}
