public import Sockets
import SystemCalls
public import WebSocketProtocol

/// What a client requests and allows.
public struct ClientConfiguration: Sendable {
    /// Fields added to the request.
    public var fields = HTTPFields()
    /// Subprotocols offered, the preferred one first.
    public var subprotocols: [String] = []
    /// The `Origin` field.
    public var origin: String?
    /// The permessage-deflate offer (RFC 7692); nil offers nothing.
    public var compression: DeflateOptions?
    /// The limits of the connection.
    public var limits = ConnectionLimits()
    /// What encrypts the connections to `wss://` URLs, such as a `TLSContext`; those to `ws://` URLs are in clear.
    public var encryption: (any EncryptionSource)?
    /// Faults that the connection suffers, below the WebSocket layer; nil for none.
    public var faults: FaultPlan?

    /// The defaults: nothing beyond what the RFC requires.
    public init() {}
}

/// A connection that did not open.
public enum ConnectFailure: Error, Sendable, CustomStringConvertible {
    /// No address of the host took the connection; the last one's error.
    case unreachable(SocketAddress, CloseOutcome)
    /// The server answered with something other than 101.
    case refused(ResponseHead)
    /// The answer is not a valid opening handshake.
    case invalidResponse(String)
    /// The stream ended, broke or fell silent during the opening handshake, or could not be encrypted.
    case ended(CloseOutcome)
    /// The URL asks for TLS, and the configuration has no encryption.
    case noEncryption

    /// What went wrong and, if known, what to do.
    public var description: String {
        switch self {
        case .unreachable(let address, let outcome):
            if case .broken(let error) = outcome.cause {
                "cannot connect to \(address): \(error)"
            } else {
                "cannot connect to \(address): \(outcome)"
            }
        case .refused(let head):
            "the server refused the upgrade with HTTP status \(head.status) \(head.reason.escapedForTerminal)"
        case .invalidResponse(let problem): "the server's opening handshake is invalid: \(problem.escapedForTerminal)"
        case .ended(let outcome):
            if case .encryptionFailed(let failure) = outcome.cause {
                "\(failure)"
            } else {
                "the opening handshake was not completed: \(outcome)"
            }
        case .noEncryption: "the URL asks for TLS: give ClientConfiguration.encryption, such as a TLSContext"
        }
    }
}

/// Opens WebSocket connections.
public enum WebSocketClient {
    /// Connects to a `ws://` or `wss://` URL and completes the opening handshake (RFC 6455, section 4.1).
    ///
    /// Host names are tried address by address. Throws the URL's own error, `ResolutionFailure`, `ConnectFailure`, or
    /// `CancellationError` if the task is cancelled; it never leaves a descriptor.
    public static func connect(
        to url: String, _ configuration: ClientConfiguration = ClientConfiguration(), on loop: EventLoop = .shared
    ) async throws -> AsyncConnection {
        try await connect(to: WebSocketURL(url), configuration, on: loop)
    }

    /// Connects to a parsed URL; as `connect(to:_:on:)` of text.
    public static func connect(
        to url: WebSocketURL, _ configuration: ClientConfiguration = ClientConfiguration(),
        on loop: EventLoop = .shared
    ) async throws -> AsyncConnection {
        try await connect(to: url, configuration, on: loop, handler: Mailbox.init) { connection, mailbox, subprotocol in
            AsyncConnection(connection, mailbox: mailbox, subprotocol: subprotocol)
        }
    }

    /// Connects, gives the connection to a handler made for it, and returns `face` of both.
    ///
    /// `makeHandler` and `face` are called on the loop's thread.
    static func connect<Handler: ConnectionHandler, Face: Sendable>(
        to url: WebSocketURL, _ configuration: ClientConfiguration, on loop: EventLoop,
        handler makeHandler: @escaping @Sendable () -> Handler,
        _ face: @escaping @Sendable (Connection, Handler, _ subprotocol: String?) -> Face
    ) async throws -> Face {
        precondition(configuration.faults?.isValid ?? true, "FaultPlan out of its ranges")
        guard !url.isSecure || configuration.encryption != nil else { throw ConnectFailure.noEncryption }
        let addresses = try await Resolver.addresses(of: url.host, port: url.port)
        var last: (any Error)?
        for address in addresses {
            do {
                return try await attempt(address, url, configuration, loop, makeHandler, face)
            } catch ConnectFailure.unreachable(let address, let outcome) {
                last = ConnectFailure.unreachable(address, outcome)
            }
        }
        throw last!
    }

    /// Opens a connection whose messages go to `handler`, for load: thousands fit on one loop.
    ///
    /// Call it on the loop's thread. `failed` is called there if the connection does not open. `encryption`, if there
    /// is any, is told that `serverName` is meant; without one, the address itself.
    @discardableResult
    public static func open(
        _ address: SocketAddress, _ handshake: consuming ClientHandshake, handler: any ConnectionHandler,
        on loop: EventLoop,
        limits: ConnectionLimits = ConnectionLimits(), faults: FaultPlan? = nil,
        encryption: (any EncryptionSource)? = nil, serverName: String? = nil,
        failed: @escaping (ConnectFailure) -> Void
    ) -> Connection? {
        let opening = ClientOpening(
            address: address, handshake: handshake, encryption: encryption,
            serverName: serverName ?? address.numericHost)
        opening.finished = { result in
            if case .failure(let failure) = result { failed(failure) }
            return handler
        }
        let connection = Connection(
            loop: loop, role: .client, limits: SharedLimits(limits), opening: opening, faults: faults)
        do throws(SystemCallError) {
            try connection.begin(with: OwnedDescriptor.connecting(to: address))
            return connection
        } catch {
            failed(.unreachable(address, CloseOutcome(.broken(error))))
            return nil
        }
    }

    private static func attempt<Handler: ConnectionHandler, Face: Sendable>(
        _ address: SocketAddress, _ url: WebSocketURL, _ configuration: ClientConfiguration, _ loop: EventLoop,
        _ makeHandler: @escaping @Sendable () -> Handler,
        _ face: @escaping @Sendable (Connection, Handler, String?) -> Face
    ) async throws -> Face {
        var key = [UInt8](repeating: 0, count: 16)
        key.withUnsafeMutableBytes { KernelRandom.fill($0) }
        let opening = ClientOpening(
            address: address,
            handshake: try ClientHandshake(
                host: url.hostField, target: url.target, fields: configuration.fields,
                subprotocols: configuration.subprotocols, origin: configuration.origin, key: key,
                deflate: configuration.compression,
                limits: configuration.limits.handshake),
            encryption: url.isSecure ? configuration.encryption : nil, serverName: url.host)
        let pending = PendingConnect()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                loop.execute {
                    let handler = makeHandler()
                    opening.finished = { result in
                        continuation.resume(
                            with: result.map { face($0.0, handler, $0.1) }
                                .mapError { pending.isCancelled ? CancellationError() : $0 as any Error })
                        return handler
                    }
                    let connection = Connection(
                        loop: loop, role: .client, limits: SharedLimits(configuration.limits), opening: opening,
                        faults: configuration.faults)
                    pending.connection = connection
                    do throws(SystemCallError) {
                        try connection.begin(with: OwnedDescriptor.connecting(to: address))
                        if pending.isCancelled { connection.closeNow() }
                    } catch {
                        connection.opening = nil
                        continuation.resume(
                            throwing: ConnectFailure.unreachable(address, CloseOutcome(.broken(error))))
                    }
                }
            }
        } onCancel: {
            loop.execute {
                pending.isCancelled = true
                pending.connection?.closeNow()
            }
        }
    }
}

/// A cancellable connect; used only on the loop's thread.
private final class PendingConnect: @unchecked Sendable {
    weak var connection: Connection?
    var isCancelled = false
}

/// The client's side of the opening handshake (RFC 6455, section 4.1).
final class ClientOpening: Opening, @unchecked Sendable {
    /// Called once with the handshake's result; returns the handler of an open connection.
    typealias Finished = (Result<(Connection, String?), ConnectFailure>) -> any ConnectionHandler

    /// Must be set before the connection begins.
    var finished: Finished?
    private let address: SocketAddress
    private var handshake: ClientHandshake
    private let encryption: (any EncryptionSource)?
    private let serverName: String?
    private var isConnected = false

    init(
        address: SocketAddress, handshake: consuming ClientHandshake, encryption: (any EncryptionSource)?,
        serverName: String?
    ) {
        self.address = address
        self.handshake = handshake
        self.encryption = encryption
        self.serverName = serverName
    }

    var bufferedBytes: Int { handshake.bufferedCapacity }

    func connected(_ connection: Connection) {
        isConnected = true
        do throws(EncryptionFailure) {
            connection.encryption = try encryption?.makeEncryption(serverName: serverName, on: connection.loop)
        } catch {
            return connection.end(CloseOutcome(.encryptionFailed(error)))
        }
        connection.buffers.claimCork(for: connection)
        handshake.encodeRequest(into: &connection.buffers.cork)
    }

    func receive(_ input: RawSpan, at position: inout Int, on connection: Connection) -> OpeningStep {
        switch handshake.receive(input, at: &position) {
        case .needsMore: return .needsMore
        case .complete(let accepted):
            guard let finished = finished.take() else { return .failed(CloseOutcome(.aborted)) }
            return .opened(accepted.deflate) { finished(.success((connection, accepted.subprotocol))) }
        case .failed(.refused(let head)):
            _ = finished.take()?(.failure(.refused(head)))
            return .failed(CloseOutcome(.handshakeFailure(status: head.status)))
        case .failed(let failure):
            _ = finished.take()?(.failure(.invalidResponse("\(failure)")))
            return .failed(CloseOutcome(.aborted))
        }
    }

    func failed(_ outcome: CloseOutcome) {
        _ = finished.take()?(.failure(isConnected ? .ended(outcome) : .unreachable(address, outcome)))
    }
}
