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
    @Option(name: .customLong("subprotocol"), help: "Subprotocol to offer; repeatable.")
    var subprotocols: [String] = []
    @Option(help: "Origin to send.")
    var origin: String?
    @OptionGroup
    var opening: OpeningOptions
    @OptionGroup(title: "TLS")
    var tls: TLSClientOptions

    /// Throws where what they ask of a server at `url` cannot be sent. Reads no file, which may be a pipe.
    func validate(at url: WebSocketURL) throws {
        try tls.validate(for: url)
        _ = try options(at: url, Opening())
    }

    /// What they ask of a server at `url`; throws where that cannot be sent.
    func options(at url: WebSocketURL) throws -> PeerOptions {
        var options = try options(at: url, try opening.read())
        options.encryption = try tls.context(for: url, verifiesLoopback: false)
        return options
    }

    private func options(at url: WebSocketURL, _ opening: Opening) throws -> PeerOptions {
        var options = PeerOptions()
        let target = target(of: url, opening)
        if target != url.target { options.target = target }
        options.fields = headers.fields
        options.subprotocols = subprotocols.isEmpty ? opening.subprotocols : subprotocols
        options.origin = origin
        options.opening = opening
        _ = try ClientHandshake(
            host: url.hostField, target: target, fields: options.fields, subprotocols: options.subprotocols,
            origin: origin)
        return options
    }

    /// The path and query.
    private func target(of url: WebSocketURL, _ opening: Opening) -> String {
        var target = url.target == "/" && path == nil ? opening.path ?? url.target : url.target
        if let path {
            let query = target.firstIndex(of: "?").map { target[$0...] } ?? ""
            target = (path.hasPrefix("/") ? path : "/" + path) + query
        }
        for query in queries { target += (target.contains("?") ? "&" : "?") + query }
        return target
    }
}
