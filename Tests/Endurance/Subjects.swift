import Glibc
import Lifecycles
import Logging
import Managers
import Remedies
import Sockets
import SystemCalls
import WebSocketProtocol
import WebSockets

/// A kind of connection that is made many times.
struct Subject {
    var name: String
    var make: (Int) async throws -> Void
}

/// Every kind, with the servers, the peers and the client loop that it takes; all in this process.
final class Subjects {
    private(set) var all: [Subject] = []
    private let callbackServer: WebSocketServer
    private let asyncServer: WebSocketServer
    private let takeoverServer: WebSocketServer
    private let managedServer: WebSocketServer
    private let driver: PeerDriver
    private let clients: EventLoop
    /// Connected, not listening, so that nobody else can listen there meanwhile.
    private let unheard: (listener: OwnedDescriptorBox, bound: OwnedDescriptorBox)

    private static let concurrency = 16

    init() async throws {
        let silent = Logger(label: "endurance") { _ in SwiftLogNoOpLogHandler() }
        callbackServer = try await WebSocketServer.start(Self.configuration(), logger: silent) { upgrade in
            ClosingHandler(upgrade.request.path)
        }
        asyncServer = try await WebSocketServer.serve(Self.configuration(), logger: silent) { connection, _ in
            while let message = await connection.receive() { try connection.send(message) }
        }
        takeoverServer = try await WebSocketServer.start(Self.configuration(.contextTakeover), logger: silent) { _ in
            EchoHandler()
        }
        managedServer = try await WebSocketServer.start(Self.managed(), logger: silent) { upgrade in
            ClosingHandler(upgrade.request.path)
        }
        driver = try PeerDriver()
        clients = try EventLoop(name: "clients")
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        let bound = try OwnedDescriptor.connecting(to: listener.localAddress())
        unheard = (OwnedDescriptorBox(listener), OwnedDescriptorBox(bound))
        try addPeers()
        try addClients()
        addManaged()
    }

    /// Waits until every connection has ended on both sides.
    func settle(on loop: EventLoop) async throws {
        for _ in 0..<20_000 {
            let counts = (
                await callbackServer.connectionCount, await asyncServer.connectionCount,
                await takeoverServer.connectionCount, await managedServer.connectionCount,
                await clients.run { [clients] in clients.channels.count }
            )
            if counts == (0, 0, 0, 0, 0) { return }
            await loop.sleep(for: .milliseconds(1))
        }
        throw Unsettled()
    }

    struct Unsettled: Error, CustomStringConvertible {
        var description: String { "connections are left 20 s after the last one was made" }
    }

    func end() async {
        driver.stop()
        clients.stop()
        for server in [callbackServer, asyncServer, takeoverServer, managedServer] { await server.shutdown() }
    }

    private static func configuration(_ compression: DeflateOptions = DeflateOptions()) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.compression = compression
        configuration.refusal = { request in
            let isKnown = !["/refuse", "/watertight-no-such-path"].contains(request.path)
            return isKnown && request.fields.values(of: "Origin").isEmpty
                ? nil : HTTPResponse(status: 403, text: "no\n")
        }
        return configuration
    }

    private static func managed() -> ServerConfiguration {
        var configuration = configuration()
        var managers = ManagerConfiguration()
        // The task that watches these limits runs on Dispatch, whose threads keep up to a thousand blocks for their next
        // use: begun anew in each round, it would look like growth for hundreds of rounds.
        managers.limits.cleanupLimit = .seconds(3600)
        managers.limits.batchCleanupLimit = .seconds(3600)
        managers.limits.backgroundInterval = .seconds(3600)
        configuration.managers = managers
        return configuration
    }

    // MARK: Scripted peers

    private func addPeers() throws {
        for (name, server, lifecycles) in [
            (
                "callback server", callbackServer,
                Lifecycle.standard(isSecure: false) + Lifecycle.quick(isSecure: false).compactMap(\.compressed)
            ),
            ("async server", asyncServer, Lifecycle.standard(isSecure: false) + [Lifecycle.cleanClose.compressed!]),
            ("server with context takeover", takeoverServer, [.cleanClose.compressed!, .reset.compressed!]),
            ("managed server", managedServer, Lifecycle.quick(isSecure: false)),
        ] {
            let url = server === managedServer ? server.url + "?user=u" : server.url
            var script = PeerScript(url: try WebSocketURL(url), address: server.address)
            script.holdLimit = .milliseconds(1)
            for lifecycle in lifecycles {
                all.append(
                    Subject(name: "\(name), \(lifecycle.label)") { [driver, script] count in
                        let load = PeerDriver.Load(
                            connections: count, concurrency: Self.concurrency, limit: .seconds(600))
                        let counts = await driver.drive(lifecycle, script, load)
                        guard counts.completed == count else { throw Incomplete(counts: counts, wanted: count) }
                    })
            }
        }
    }

    struct Incomplete: Error, CustomStringConvertible {
        var counts: DriveCounts
        var wanted: Int
        var description: String {
            "\(counts.completed) of \(wanted) connections: \(counts.firstProblem ?? "no reason known")"
        }
    }

    // MARK: Our client

    /// Makes so many of a kind, some at a time, on the clients' loop.
    private func add(_ name: String, _ one: @escaping @Sendable (Int) async throws -> Void) {
        let loop = clients
        all.append(
            Subject(name: name) { count in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<count {
                        if index >= Self.concurrency { try await group.next() }
                        group.addTask(executorPreference: loop) { try await one(index) }
                    }
                    try await group.waitForAll()
                }
            })
    }

    private func addClients() throws {
        let url = callbackServer.url
        let nobody = "ws://\(try unheard.bound.value.localAddress())/"
        let loop = clients
        var compressed = ClientConfiguration()
        compressed.compression = DeflateOptions()
        var takeover = ClientConfiguration()
        takeover.compression = .contextTakeover
        let text = String(repeating: "watertight ", count: 50)

        func add(_ name: String, _ one: @escaping @Sendable () async throws -> Void) {
            self.add("client, \(name)") { _ in try await one() }
        }
        for (name, configuration, address) in [
            ("closes", ClientConfiguration(), url), ("closes, compressed", compressed, url),
            ("closes, context takeover", takeover, takeoverServer.url),
        ] {
            add(name) {
                let client = try await WebSocketClient.connect(to: address, configuration, on: loop)
                try await client.send(text)
                guard await client.receive()?.text == text else { throw Unexpected("no echo") }
                guard await client.close().isClean else { throw Unexpected("no clean close") }
            }
        }
        for path in ["close", "reset"] {
            add("the server ends it with a \(path)") {
                let client = try await WebSocketClient.connect(to: url + path, on: loop)
                try? await client.send("x")
                guard await client.receive() == nil else { throw Unexpected("a message") }
            }
        }
        add("dropped") { _ = try await WebSocketClient.connect(to: url, on: loop) }
        add("ends it with a reset") {
            let client = try await WebSocketClient.connect(to: url, on: loop)
            await client.closeNow()
        }
        for (name, address) in [("refused with 403", url + "refuse"), ("nobody listens", nobody)] {
            add(name) {
                do {
                    _ = try await WebSocketClient.connect(to: address, on: loop)
                } catch is ConnectFailure { return }
                throw Unexpected("connected")
            }
        }
        add("cancelled while it connects") {
            let connecting = Task(executorPreference: loop) { try await WebSocketClient.connect(to: url, on: loop) }
            connecting.cancel()
            _ = try? await connecting.value
        }
    }

    // MARK: Managers and connections under test

    private func addManaged() {
        let (url, loop, factory) = (managedServer.url, clients, managedServer.managers!)
        add("managed, cleaned up by key") { index in
            let client = try await WebSocketClient.connect(to: url + "?user=u&connection=c\(index)", on: loop)
            guard let cleanup = await factory.cleanup(IsolationKey(user: "u", connection: "c\(index)")),
                cleanup.closedHardCount == 0
            else { throw Unexpected("no cleanup") }
            guard try await client.closed().isClean else { throw Unexpected("no clean close") }
        }
        add("managed, refused") { _ in
            let id = String(repeating: "x", count: 200)
            do {
                _ = try await WebSocketClient.connect(to: url + "?user=u&connection=\(id)", on: loop)
            } catch is ConnectFailure { return }
            throw Unexpected("connected")
        }
        for failure in FaultPlan.Failure.allCases {
            var configuration = ClientConfiguration()
            configuration.faults = FaultPlan(delay: .microseconds(100), failEvery: 3, failure: failure)
            add("under test, \(failure.rawValue)") { [configuration] index in
                let client = try await ConnectionUnderTest.connect(
                    to: url, id: index, configuration: configuration, echoLimit: .seconds(60), on: loop)
                for _ in 0..<2 { try await client.send("echo") }
                guard (try? await client.send("lost", within: .milliseconds(20))) == nil else {
                    throw Unexpected("an echo")
                }
                await client.closeNow()
            }
        }
    }

    struct Unexpected: Error, CustomStringConvertible {
        var description: String
        init(_ description: String) { self.description = description }
    }
}

/// Keeps a descriptor until it is let go.
final class OwnedDescriptorBox {
    let value: OwnedDescriptor
    init(_ value: consuming OwnedDescriptor) { self.value = value }
}

/// An echo that ends the connection itself where the path says so.
private final class ClosingHandler: ConnectionHandler {
    private let path: String

    init(_ path: String) { self.path = path }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {
        switch path {
        case "/close": connection.close(.normalClosure)
        case "/reset": connection.closeNow()
        default: connection.send(kind, bytes)
        }
    }
}
