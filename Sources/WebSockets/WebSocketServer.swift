public import Logging
public import Sockets
import Synchronization
import WebSocketProtocol

/// A WebSocket server on an event loop of its own.
///
/// End it with `shutdown(within:)` or `shutdownNow()`: both return once every descriptor is closed and the thread has
/// ended.
public final class WebSocketServer: Sendable {
    /// Where it listens; the port is the real one.
    public let address: SocketAddress
    private let loop: EventLoop
    private let core: ServerCore
    /// Set by the first shutdown; the loop takes no work after it.
    private let hasEnded = Mutex(false)

    /// Binds, listens and starts to serve; `makeHandler` is called on the loop's thread for each accepted handshake.
    ///
    /// Throws `ResolutionFailure` when the host has no address and `SystemCallError` when it cannot be bound.
    public static func start(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        logger: Logger = Logger(label: "watertight.server"),
        makeHandler: @escaping @Sendable (Upgrade) -> any ConnectionHandler
    ) async throws -> WebSocketServer {
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
        get async { hasEnded.withLock { $0 } ? 0 : await loop.run { self.core.count } }
    }

    /// Stops listening, sends 1001 to every client, waits for them to leave, at most `limit`, then closes the rest.
    ///
    /// Without effect after the first shutdown.
    public func shutdown(within limit: Duration = .seconds(5)) async {
        guard beginShutdown() else { return }
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            loop.execute { self.core.shutDown(within: limit, on: self.loop) { continuation.resume() } }
        }
        await stopLoop()
    }

    /// Stops listening and closes every connection with a reset.
    ///
    /// Without effect after the first shutdown.
    public func shutdownNow() async {
        guard beginShutdown() else { return }
        await loop.run { self.core.shutDownNow(on: self.loop) }
        await stopLoop()
    }

    private func beginShutdown() -> Bool {
        hasEnded.withLock { hasEnded in
            defer { hasEnded = true }
            return !hasEnded
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
