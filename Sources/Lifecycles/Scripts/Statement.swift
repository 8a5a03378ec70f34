/// The words that a line of a script begins with.
enum Statement: String, CaseIterable {
    // What stands before the first step.
    case summary
    case finds
    case receiveBuffer = "receive-buffer"
    // What comes before the connection.
    case http
    // The opening handshake.
    case open
    case request
    // Waits for the target.
    case await
    case expect
    case capture
    // What is sent.
    case send
    case sendBinary = "send-binary"
    case sendBytes = "send-bytes"
    case brokenFrame = "broken-frame"
    case messages
    case pings
    case close
    case provokeClose = "provoke-close"
    // What is about TLS.
    case tls
    // How the peer behaves, and for how long.
    case answers
    case reading
    case hold
    case stay
    case rendezvous
    case `repeat`
    // The ends.
    case fin
    case reset

    /// Whether it is about what comes after the upgrade.
    var needsUpgrade: Bool {
        switch self {
        case .expect, .capture, .send, .sendBinary, .messages, .pings, .close, .provokeClose: true
        default: false
        }
    }

    /// The words for all of them.
    static let words = allCases.map(\.rawValue)
}

/// The words for what a peer waits for.
enum AwaitedWord: String, CaseIterable {
    case upgrade, refusal, unread, replies, pong, close, end
    case serverHello = "server-hello"
}

/// The words for what a peer does that is about TLS.
enum TLSWord: String, CaseIterable {
    case hello, handshake, off, record, renegotiate
    case closeNotify = "close-notify"
    case updateKeys = "update-keys"
}

extension ClientHelloForm {
    /// The word for it in a script: `no-shared-suite`.
    var word: String { hyphenated(rawValue) }
}

extension FramePiece {
    /// The word for it in a script: `cut-header`.
    var word: String { hyphenated(rawValue) }
}

extension RequestFault {
    /// The word for it in a script: `no-upgrade`.
    var word: String { hyphenated(rawValue) }
}

/// `cutHeader` as `cut-header`.
private func hyphenated(_ name: String) -> String {
    name.map { $0.isUppercase ? "-\($0.lowercased())" : String($0) }.joined()
}
