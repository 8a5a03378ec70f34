public import Logging
public import Managers
public import Sockets
import SystemCalls
import WebSocketProtocol

/// A WebSocket server on an event loop of its own, or several.
///
/// End it with `shutdown(within:)` or `shutdownNow()`: both return once every descriptor is closed and the thread has
/// ended, also to a second caller.
public final class WebSocketServer: Sendable {
    /// Where it listens; the port is the real one.
    public let address: SocketAddress
    private let isSecure: Bool
    private let parts: [Part]
    private let occupancy: ServerOccupancy
    private let lifetime = Locked(Lifetime.running)

    /// A loop and the server's part on it.
    private struct Part: Sendable {
        let loop: EventLoop
        let core: ServerCore
    }

    private enum Lifetime {
        case running
        /// The first shutdown is under way; the others wait for its end.
        case ending([UnsafeContinuation<Void, Never>])
        case ended
    }

    /// Binds, listens and starts to serve; `makeHandler` is called on the connection's loop for each accepted
    /// handshake.
    ///
    /// Throws `ResolutionFailure` if the host has no address and `SystemCallError` if it cannot be bound.
    public static func start(
        _ configuration: ServerConfiguration = ServerConfiguration(),
        logger: Logger = Logger(label: "watertight.server"),
        makeHandler: @escaping @Sendable (Upgrade) -> any ConnectionHandler
    ) async throws -> WebSocketServer {
        precondition(configuration.compression?.isValid ?? true, "DeflateOptions out of their ranges")
        precondition(configuration.faults?.isValid ?? true, "FaultPlan out of its ranges")
        precondition(configuration.loops >= 1, "a server needs a loop")
        var options = configuration.listen
        var address = try await Resolver.addresses(of: configuration.host, port: configuration.port)[0]
        if configuration.loops > 1 && !options.sharesPort {
            // Only its own sockets may share the port, not those of another server of this user.
            try OwnedDescriptor.bind(to: address, options: options)
            options.sharesPort = true
        }
        let occupancy = ServerOccupancy()
        let managers = configuration.managers.map { ServerManagers($0, logger: logger) }
        var parts: [Part] = []
        do {
            for number in 1...configuration.loops {
                let listener = try OwnedDescriptor.listening(on: address, options: options)
                address = try listener.localAddress()
                let core = ServerCore(
                    configuration: configuration, occupancy: occupancy, managers: managers, logger: logger,
                    makeHandler: makeHandler)
                let loop = try EventLoop(name: configuration.loops == 1 ? "server loop" : "server loop \(number)")
                parts.append(Part(loop: loop, core: core))
                let descriptor = listener.release()
                try await loop.run { try core.listen(with: OwnedDescriptor(owning: descriptor), on: loop) }
            }
        } catch {
            for part in parts { part.loop.stop() }
            throw error
        }
        return WebSocketServer(
            address: address, isSecure: configuration.encryption != nil, parts: parts, managers: managers?.factory,
            occupancy: occupancy)
    }

    private init(
        address: SocketAddress, isSecure: Bool, parts: [Part], managers: ManagerFactory?, occupancy: ServerOccupancy
    ) {
        self.occupancy = occupancy
        self.address = address
        self.isSecure = isSecure
        self.parts = parts
        self.managers = managers
    }

    /// The URL of the server's root.
    public var url: String { "\(isSecure ? "wss" : "ws")://\(address)/" }

    /// The connections it has now, those in their handshake included.
    public var connectionCount: Int {
        get async {
            var count = 0
            for part in parts { count += await part.loop.run { part.core.count } }
            return count
        }
    }

    /// The connections it has accepted since it began, those that asked for a page or for nothing included.
    public var acceptedConnectionCount: Int { occupancy.acceptedCount }

    /// Stops listening, sends 1001 to every client, waits at most `limit` for them to leave, then closes the rest.
    ///
    /// A second call only waits for the first shutdown's end.
    public func shutdown(within limit: Duration = .seconds(5)) async {
        guard beginShutdown() else { return await ended() }
        await onAllLoops { part in
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                part.loop.execute { part.core.shutDown(within: limit, on: part.loop) { continuation.resume() } }
            }
        }
        await finishShutdown()
    }

    /// Stops listening and closes every connection with a reset.
    ///
    /// During a graceful shutdown it cuts that one short.
    public func shutdownNow() async {
        let isFirst = beginShutdown()
        await onAllLoops { part in await part.loop.run { part.core.shutDownNow(on: part.loop) } }
        if isFirst { await finishShutdown() } else { await ended() }
    }

    /// The managers of its connections; nil when it was configured without.
    public let managers: ManagerFactory?

    private func onAllLoops(_ body: @escaping @Sendable (Part) async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for part in parts { group.addTask { await body(part) } }
        }
    }

    private func beginShutdown() -> Bool {
        lifetime.withLock { lifetime in
            guard case .running = lifetime else { return false }
            lifetime = .ending([])
            return true
        }
    }

    private func finishShutdown() async {
        await stopLoops()
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

    private func stopLoops() async {
        let loops = parts.map(\.loop)
        // Joining blocks, so it happens on a thread that may block.
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            do throws(SystemCallError) {
                try Thread.detach(name: "shutdown") {
                    for loop in loops { loop.stop() }
                    continuation.resume()
                }
            } catch {
                for loop in loops { loop.stop() }
                continuation.resume()
            }
        }
    }
}
