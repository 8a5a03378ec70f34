import WebSocketProtocol

extension ResponseHead {
    /// What an answer other than 101 means for a WebSocket client, and what to do about it.
    var refusal: String { "HTTP \(status) \(reason.escapedForTerminal): \(advice)" }

    private var advice: String {
        switch status {
        case 200..<300: "that is a page and no WebSocket: correct the path, in the URL or with --path"
        case 300..<400: "it leads elsewhere: give the URL to which it leads"
        case 401, 407: "give the credentials, with --header or --query"
        case 403: "give the credentials (--header, --query) or the --origin that it lets in"
        case 404, 410: "correct the path, in the URL or with --path"
        case 400, 426: "it wants another request: see --subprotocol, --header, --query and --path"
        case 429, 503: "it is at a limit of its own: raise that, or lower --concurrency"
        default: "its own log may say why"
        }
    }
}
