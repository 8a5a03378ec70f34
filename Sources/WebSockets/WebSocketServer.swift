public import Logging
public import Managers
public import Sockets
import SystemCalls
import WebSocketProtocol

/// A WebSocket server on an event loop of its own.
///
/// End it with `shutdown(within:)` or `shutdownNow()`: both return once every descriptor is closed and the thread has
/// ended, whoever called first.
public final class WebSocketServer: Sendable {
    /// Where it listens; the port is the real one.
    public let address: SocketAddress
    private let loop: EventLoop
    private let core: ServerCore
    private let lifetime = Locked(Lifetime.running)

    private enum Lifetime {
        case running
        /// The first shutdown is under way; the others wait for its end.
        case ending([UnsafeContinuation<Void, Never>])
        case ended
    }

    /// Binds, listens and starts to serve; `makeHandler` is called on the loop's thread for each accepted handshake.
    ///
    /// Throws `ResolutionFailure` when the host has no address and `SystemCallError` when it cannot be bound.
    public static func start(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        logger: Logger = Logger(label: "watertight.server"),
        makeHandler: @escaping @Sendable (Upgrade) -> any ConnectionHandler
    ) async throws -> WebSocketServer {
        precondition(configuration.compression?.isValid ?? true, "DeflateOptions out of their ranges")
        precondition(configuration.faults?.isValid ?? true, "FaultPlan out of its ranges")
        let addresses = try await Resolver.addresses(of: configuration.host, port: configuration.port)
        let listener = try OwnedDescriptor.listening(on: addresses[0], options: configuration.listen)
        let address = try listener.localAddress()
        let core = ServerCore(configuration: configuration, logger: logger, makeHandler: makeHandler)
        let loop = try EventLoop(name: "server loop")
        let number = listener.release()
        do {
            try await loop.run { try core.listen(with: OwnedDescriptor(owning: number), on: loop) }
        } catch {
            loop.stop()
            throw error
        }
        return WebSocketServer(address: address, loop: loop, core: core)
    }

    private init(address: SocketAddress, loop: EventLoop, core: ServerCore) {
        self.address = address
        self.loop = loop
        self.core = core
    }

    /// The URL of the server's root.
    public var url: String { "ws://\(address)/" }

    /// The connections it has now, those in their handshake included.
    public var connectionCount: Int {
        get async { await loop.run { self.core.count } }
    }

    /// Stops listening, sends 1001 to every client, waits for them to leave, at most `limit`, then closes the rest.
    ///
    /// After the first shutdown it only waits for that one's end.
    public func shutdown(within limit: Duration = .seconds(5)) async {
        guard beginShutdown() else { return await ended() }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            loop.execute { self.core.shutDown(within: limit, on: self.loop) { continuation.resume() } }
        }
        await finishShutdown()
    }

    /// Stops listening and closes every connection with a reset.
    ///
    /// During a graceful shutdown it cuts that one short.
    public func shutdownNow() async {
        let isFirst = beginShutdown()
        await loop.run { self.core.shutDownNow(on: self.loop) }
        if isFirst { await finishShutdown() } else { await ended() }
    }

    /// The managers of its connections; nil when it was configured without.
    public var managers: ManagerFactory<Connection>? { core.managers?.factory }

    private func beginShutdown() -> Bool {
        lifetime.withLock { lifetime in
            guard case .running = lifetime else { return false }
            lifetime = .ending([])
            return true
        }
    }

    private func finishShutdown() async {
        await stopLoop()
        await managers?.shutdown()
        let waiting = lifetime.withLock { lifetime -> [UnsafeContinuation<Void, Never>] in
            defer { lifetime = .ended }
            if case .ending(let waiting) = lifetime { return waiting }
            return []
        }
        for continuation in waiting { continuation.resume() }
    }

    private func ended() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let hasEnded = lifetime.withLock { lifetime in
                guard case .ending(let waiting) = lifetime else { return true }
                lifetime = .ending(waiting + [continuation])
                return false
            }
            if hasEnded { continuation.resume() }
        }
    }

    private func stopLoop() async {
        let loop = loop
        // Joining blocks, so it happens on a thread that may block.
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            do throws(SystemCallError) {
                try Thread.detach(name: "shutdown") {
                    loop.stop()
                    continuation.resume()
                }
            } catch {
                loop.stop()
                continuation.resume()
            }
        }
    }
}
