import Remedies
import WebSocketProtocol

extension ResponseHead {
    /// What an answer other than 101 means for a WebSocket client, and what to do about it.
    var refusal: Problem { "HTTP \(status) \(reason.escapedForTerminal)\(meaning)" }

    private var meaning: Problem {
        switch status {
        case 200..<300: ": that is a page and no WebSocket\(remedies: .correctPath)"
        case 300..<400: ": it leads elsewhere\(remedies: .outside("give the URL to which it leads"))"
        case 401, 407: "\(remedies: .showCredentials(orOrigin: false))"
        case 403: "\(remedies: .showCredentials(orOrigin: true))"
        case 404, 410: "\(remedies: .correctPath)"
        case 400, 426: ": it wants another request\(remedies: .changeRequest)"
        case 429, 503: ": it is at a limit of its own\(remedies: .outside("raise that"), .lowerConcurrency)"
        default: ": its own log may say why"
        }
    }
}
