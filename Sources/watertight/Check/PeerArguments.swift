import ArgumentParser
import Lifecycles
import WebSocketProtocol

/// What the peers of a check ask for and say.
struct PeerArguments: ParsableArguments {
    @Option(name: .customLong("header"), help: "Field to add to each request, \"Name: value\"; repeatable.")
    var headers: [FieldArgument] = []
    @Option(help: "Path to ask for in place of the URL's, a template.")
    var path: String?
    @Option(name: .customLong("query"), help: "Query item to add, \"name=value\", a template; repeatable.")
    var queries: [String] = []
    @Option(help: "Text message to send first after every upgrade, to join or subscribe, a template.")
    var firstMessage: String?
    @Option(
        help: ArgumentHelp(
            "Text message that makes the server close, for close-unanswered and server-close.",
            discussion: "Without it they send a frame that every server must refuse."))
    var closingMessage: String?
    @Option(name: .customLong("subprotocol"), help: "Subprotocol to offer; repeatable.")
    var subprotocols: [String] = []
    @Option(help: "Origin to send.")
    var origin: String?
    @OptionGroup(title: "TLS")
    var tls: TLSClientOptions

    /// What they ask of a server at `url`; throws where that cannot be sent.
    func options(at url: WebSocketURL) throws -> PeerOptions {
        var options = PeerOptions()
        if path != nil || !queries.isEmpty { options.target = target(of: url) }
        options.fields = headers.fields
        options.subprotocols = subprotocols
        options.origin = origin
        options.firstMessage = firstMessage
        options.closingMessage = closingMessage
        options.encryption = try tls.context(for: url, verifiesLoopback: false)
        _ = try ClientHandshake(
            host: url.hostField, target: target(of: url), fields: options.fields, subprotocols: subprotocols,
            origin: origin)
        return options
    }

    /// The path and query.
    private func target(of url: WebSocketURL) -> String {
        var target = url.target
        if let path {
            let query = target.firstIndex(of: "?").map { target[$0...] } ?? ""
            target = (path.hasPrefix("/") ? path : "/" + path) + query
        }
        for query in queries { target += (target.contains("?") ? "&" : "?") + query }
        return target
    }
}
