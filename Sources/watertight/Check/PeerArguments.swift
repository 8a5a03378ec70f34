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
    @OptionGroup
    var lines: LineOptions
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
        for query in opening.queries + queries { target += (target.contains("?") ? "&" : "?") + query }
        return target
    }

    /// The options again, as words, without `lines`; fields are told apart, as they may hold secrets.
    var words: [String] {
        var words: [String] = []
        if let path { words += ["--path", path] }
        for query in queries { words += ["--query", query] }
        words += opening.words
        for name in subprotocols { words += ["--subprotocol", name] }
        if let origin { words += ["--origin", origin] }
        return words + tls.words
    }

    /// The fields again, each behind its option, as a shell takes them.
    var fieldWords: String { headers.map { " --header \(Self.quoted($0))" }.joined() }

    /// A field as a shell takes it. A report is passed on, so that a secret's place is taken by a variable to set.
    private static func quoted(_ field: FieldArgument) -> String {
        let name = field.name.lowercased()
        let isSecret = ["authorization", "cookie", "token", "key", "secret"].contains { name.contains($0) }
        guard isSecret else { return ShellText.quoted(["\(field.name): \(field.value)"]) }
        let variable = field.name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }
        return "\"\(field.name): $\(variable.joined())\""
    }
}
