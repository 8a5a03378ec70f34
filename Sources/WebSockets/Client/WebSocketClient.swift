public import Sockets
import SystemCalls
public import WebSocketProtocol

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
        for address in addresses.dropLast() {
            do {
                return try await attempt(address, url, configuration, loop, makeHandler, face)
            } catch ConnectFailure.unreachable {}
        }
        return try await attempt(addresses[addresses.count - 1], url, configuration, loop, makeHandler, face)
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
        return begin(opening, on: loop, limits: limits, faults: faults)
    }

    private static func attempt<Handler: ConnectionHandler, Face: Sendable>(
        _ address: SocketAddress, _ url: WebSocketURL, _ configuration: ClientConfiguration, _ loop: EventLoop,
        _ makeHandler: @escaping @Sendable () -> Handler,
        _ face: @escaping @Sendable (Connection, Handler, String?) -> Face
    ) async throws -> Face {
        let opening = try ClientOpening(address, url, configuration)
        let pending = PendingConnect()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                loop.execute {
                    let handler = makeHandler()
                    opening.finished = { result in
                        let faced = result.map { face($0.0, handler, $0.1) }
                        continuation.resume(
                            with: faced.mapError { pending.isCancelled ? CancellationError() : $0 as any Error })
                        return handler
                    }
                    pending.began(
                        begin(opening, on: loop, limits: configuration.limits, faults: configuration.faults))
                }
            }
        } onCancel: {
            loop.execute { pending.cancel() }
        }
    }

    /// Begins a TCP connect; reports to `opening` and returns nil if that fails at once.
    private static func begin(
        _ opening: ClientOpening, on loop: EventLoop, limits: ConnectionLimits, faults: FaultPlan?
    ) -> Connection? {
        let connection = Connection(
            loop: loop, role: .client, limits: SharedLimits(limits), opening: opening, faults: faults)
        do throws(SystemCallError) {
            try connection.begin(with: OwnedDescriptor.connecting(to: opening.address))
            return connection
        } catch {
            opening.failed(CloseOutcome(.broken(error)))
            return nil
        }
    }
}

/// A cancellable connect; used only on the loop's thread.
private final class PendingConnect: @unchecked Sendable {
    private weak var connection: Connection?
    private(set) var isCancelled = false

    func began(_ connection: Connection?) {
        self.connection = connection
        if isCancelled { connection?.closeNow() }
    }

    func cancel() {
        isCancelled = true
        connection?.closeNow()
    }
}
