public import Sockets
import TLS
public import WebSocketProtocol

/// What the peers of one drive have in common.
public struct PeerScript: Sendable {
    /// Where the target listens.
    public var address: SocketAddress
    /// The `Host` field.
    public var hostField: String
    /// Whom the target's certificate is to name.
    let serverName: String
    /// What encrypts the connections; nil of a `ws://` target.
    let encryption: TLSContext?
    /// The path and query of the URL.
    private let urlTarget: String
    /// What the peers ask for and say.
    public var options: PeerOptions
    /// What `{filling}` stands for in a message.
    public var message = "watertight"
    /// The same in one that is compressed, long enough that servers which spare short messages compress their answer too.
    public var compressedMessage = String(repeating: "watertight ", count: 200)
    /// Whether the target answers a message with one; if not, no peer waits for it.
    public var expectsReply = true
    /// How long the target may take for each step that waits for it.
    public var stepLimit: Duration = .seconds(5)
    /// How long the target may take to close TCP after the closing handshake before the peer does.
    public var endLimit: Duration = .seconds(2)

    /// How long peers stay that hold a connection open.
    public var holdLimit: Duration = .milliseconds(50)

    /// A script for a target at `address`, requested as `url`; for `wss` the options must say what encrypts.
    public init(url: WebSocketURL, address: SocketAddress, options: PeerOptions = PeerOptions()) {
        precondition(!url.isSecure || options.encryption != nil, "a wss target needs encryption")
        self.address = address
        self.options = options
        hostField = url.hostField
        serverName = url.host
        encryption = url.isSecure ? options.encryption : nil
        urlTarget = url.target
    }

    /// The path and query, a template.
    private var target: String { options.target ?? urlTarget }

    /// Whether the request differs from connection to connection.
    var isTemplate: Bool {
        target.utf8.contains(UInt8(ascii: "{")) || options.fields.contains { $0.value.utf8.contains(UInt8(ascii: "{")) }
    }

    /// The opening handshake's request of one connection, `value` giving what the names of its templates stand for.
    func request(
        _ lifecycle: Lifecycle, target: String? = nil, _ value: (String) -> String?
    ) throws(ClientRequestError) -> ClientRequest {
        let filled = filled(value)
        return try ClientRequest(
            host: hostField, target: target ?? filled.target, fields: filled.fields, subprotocols: options.subprotocols,
            origin: options.origin,
            deflate: lifecycle.isCompressed ? Self.deflateOffer : nil)
    }

    /// A request over HTTP of one connection. A field with a value that is still to be captured is left out.
    func request(
        _ request: HTTPRequest, _ value: (String) -> String?
    ) throws(ClientRequestError) -> PlainRequest {
        var fields = HTTPFields()
        for field in options.fields {
            let template = Template(field.value)
            guard template.names.allSatisfy({ value($0) != nil }) else { continue }
            fields.append(name: field.name, value: template.filled(value))
        }
        let body = Array(request.body.filled(value).utf8)
        return try PlainRequest(
            method: request.method.rawValue, host: hostField, target: request.path.filled(value), fields: fields,
            origin: options.origin, body: request.method == .post ? body : nil)
    }

    /// The request's filled templates for one connection.
    func filled(_ value: (String) -> String?) -> (target: String, fields: HTTPFields) {
        let target = Self.filled(target, value)
        let fields = options.fields
        guard fields.contains(where: { $0.value.utf8.contains(UInt8(ascii: "{")) }) else { return (target, fields) }
        var filled = HTTPFields()
        for field in fields { filled.append(name: field.name, value: Self.filled(field.value, value)) }
        return (target, filled)
    }

    private static func filled(_ template: String, _ value: (String) -> String?) -> String {
        guard template.utf8.contains(UInt8(ascii: "{")) else { return template }
        return Template(template).filled(value)
    }

    /// What one of `Template.commonNames` stands for in a connection; nil for another name, and for a line of no values.
    func value(_ name: String, _ lifecycle: Lifecycle, number: Int) -> String? {
        switch name {
        case "n": "\(number)"
        case "lifecycle": lifecycle.name
        // Without the slash at its end, so that another can follow.
        case "path":
            Self.filled(target.prefix { $0 != "?" }.description) {
                $0 == "path" ? nil : value($0, lifecycle, number: number)
            }.droppingLastSlash
        case "line" where !options.values.isEmpty: options.values[(number - 1) % options.values.count]
        default: nil
        }
    }

    /// A message of so many bytes.
    ///
    /// Written at once: a string that repeats a character is made of as many appends, which took most of a driver's time.
    static func filling(_ bytes: Int) -> String {
        String(unsafeUninitializedCapacity: bytes) { buffer in
            buffer.initialize(repeating: UInt8(ascii: "w"))
            return bytes
        }
    }

    /// What browsers offer: both ends may keep their context, and the server may choose windows.
    private static var deflateOffer: DeflateOptions {
        var options = DeflateOptions.contextTakeover
        options.minimumBytes = 0
        return options
    }
}

extension String {
    /// The same without a slash at its end.
    fileprivate var droppingLastSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
