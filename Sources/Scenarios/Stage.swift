import Environments
import Glibc
import LeakTracking
import Logging
import Managers
import ProcessResources
import Sockets
import SystemCalls
import WebSocketProtocol
import WebSockets

/// What a scenario plays on: a server with managers, clients, and a record of what was checked.
final class Stage: Sendable {
    let setting: ScenarioSetting
    let server: WebSocketServer
    let factory: ManagerFactory
    /// Moved by scenarios in which managers become stale.
    let clock: ManualClock?
    let tracker: ResourceLeakTracker
    private let reader: ProcessReader
    private let checks = Locked([ScenarioReport.Check]())
    /// Ports of servers in other processes, whose sockets here are evidence as well.
    let otherPorts = Locked(Set<UInt16>())
    private let clients = Locked((opened: 0, list: [ConnectionUnderTest]()))

    var limits: EnvironmentLimits { setting.limits }

    init(_ scenario: Scenario, _ setting: ScenarioSetting) async throws {
        self.setting = setting
        clock = scenario == .pressure ? ManualClock() : nil
        var configuration = ServerConfiguration()
        var managers = ManagerConfiguration()
        managers.limits.apply(setting.limits)
        if let clock {
            managers.clock = clock
            // Moving the clock would bring the background cleanup before what is to be seen.
            managers.limits.backgroundInterval = managers.limits.staleLimit * 1000
        }
        if scenario == .backgroundRace || scenario == .production {
            let limit = scenario == .production ? Self.productionStaleLimit : Self.raceStaleLimit
            managers.limits.staleLimit = limit
            managers.limits.emergencyStaleLimit = limit
            managers.limits.backgroundInterval = .milliseconds(50)
        }
        managers.defect = setting.defect
        configuration.managers = managers
        let echo = EchoHandler()
        // The refusals that a scenario provokes are no news.
        var serverLogger = setting.logger
        serverLogger.logLevel = max(serverLogger.logLevel, .error)
        server = try await WebSocketServer.start(configuration, logger: serverLogger) { _ in echo }
        let factory = server.managers!
        self.factory = factory
        reader = try ProcessReader(pid: getpid())
        tracker = try ResourceLeakTracker(limits: setting.limits, logger: setting.logger) {
            ManagerCounts(factory.statistics)
        }
    }

    // MARK: Clients

    /// Opens a connection of `user`.
    func open(_ user: String, _ connection: String) async throws -> ConnectionUnderTest {
        try await open("user=\(user)&connection=\(connection)")
    }

    /// Opens a connection whose handshake carries `query`, to the scenario's server or another.
    func open(_ query: String, at url: String? = nil) async throws -> ConnectionUnderTest {
        let number = clients.withLock { clients in
            clients.opened += 1
            return clients.opened
        }
        let client = try await ConnectionUnderTest.connect(to: (url ?? server.url) + "?" + query, id: number)
        clients.withLock { $0.list.append(client) }
        return client
    }

    /// Lets go of clients that are no longer needed, and closes what is still open of them.
    func forget(_ gone: [ConnectionUnderTest]) async {
        for client in gone { await client.closeNow() }
        clients.withLock { clients in clients.list.removeAll { client in gone.contains { $0 === client } } }
    }

    /// Opens several connections of a user, at once.
    func open(_ user: String, _ connections: [String]) async throws -> [ConnectionUnderTest] {
        try await withThrowingTaskGroup(of: (Int, ConnectionUnderTest).self) { group in
            for (index, connection) in connections.enumerated() {
                group.addTask { (index, try await self.open(user, connection)) }
            }
            var opened = [ConnectionUnderTest?](repeating: nil, count: connections.count)
            for try await (index, client) in group { opened[index] = client }
            return opened.compactMap { $0 }
        }
    }

    /// Sends a message over each connection and checks that its echo comes back.
    func exchange(_ clients: [ConnectionUnderTest], _ text: String = "are you there?") async {
        let failures = await withTaskGroup(of: String?.self) { group in
            for client in clients {
                group.addTask {
                    do {
                        try await client.send(text)
                        return nil
                    } catch {
                        return "\(client.id): \(error)"
                    }
                }
            }
            return await group.reduce(into: [String]()) { if let failure = $1 { $0.append(failure) } }
        }
        expect("each of \(clients.count) connections echoes", failures.isEmpty, found: failures.joined(separator: "; "))
    }

    func close(_ clients: [ConnectionUnderTest]) async {
        await withTaskGroup(of: Void.self) { group in
            for client in clients { group.addTask { await client.close() } }
        }
    }

    // MARK: Checks

    func expect(_ expectation: String, _ isMet: Bool, found: @autoclosure () -> String = "") {
        let check = ScenarioReport.Check(
            expectation: expectation, found: isMet ? "as expected" : found(), passed: isMet,
            evidence: isMet ? [] : evidence())
        checks.withLock { $0.append(check) }
    }

    func expect<Value: Equatable>(_ expectation: String, _ value: Value, is expected: Value) {
        let check = ScenarioReport.Check(
            expectation: expectation, found: "\(value)", passed: value == expected,
            evidence: value == expected ? [] : evidence())
        checks.withLock { $0.append(check) }
    }

    /// Waits until the value is what is expected, within the limit.
    func eventually<Value: Equatable>(
        _ expectation: String, is expected: Value, within limit: Duration? = nil, _ value: () async -> Value
    ) async {
        let start = ContinuousClock.now
        var found = await value()
        while found != expected, start.duration(to: .now) < limit ?? setting.patience, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(2))
            found = await value()
        }
        expect(expectation, found, is: expected)
    }

    func expect(_ expectation: String, _ value: Int, atMost most: Int) {
        expect("\(expectation), at most \(most)", value <= most, found: "\(value)")
    }

    func expect(_ expectation: String, _ duration: Duration, atMost limit: Duration) {
        expect("\(expectation) within \(limit.inMilliseconds)", duration <= limit, found: duration.inMilliseconds)
    }

    /// The manager that is left, and the socket, by its state: what a failed check shows.
    private func evidence() -> [String] {
        let statistics = factory.statistics
        var lines = statistics.managersPerUser.sorted { $0.key < $1.key }.flatMap { user, _ in
            factory.keys(of: user).map { "manager \($0)" }
        }
        let ports = [server.address.port] + otherPorts.withLock { $0.sorted() }
        lines += ports.flatMap { ownSockets(port: $0).map { "descriptor \($0.identity.number): \($0)" } }
        let most = 40
        if lines.count > most { lines = lines.prefix(most) + ["and \(lines.count - most) more"] }
        return lines
    }

    /// The sockets of this process that belong to the scenario: one end has the server's port.
    func ownSockets(port: UInt16) -> [OpenDescriptor] {
        ((try? reader.openDescriptors()) ?? []).filter { descriptor in
            guard let tcp = descriptor.tcp, tcp.state != .listen else { return false }
            return tcp.local.port == port || tcp.remote.port == port
        }
    }

    // MARK: The end

    /// All clients leave; then no manager, connection or socket may be left.
    func expectNothingLeft() async {
        await close(clients.withLock { $0.list })
        await eventually("managers left", is: 0) { factory.statistics.active + factory.statistics.cleaningUp }
        await eventually("connections of the server left", is: 0) { await server.connectionCount }
        await eventually("sockets left", is: 0) { ownSockets(port: server.address.port).count }
    }

    /// Ends everything and tells what came of it.
    func finish() async -> [ScenarioReport.Check] {
        for client in clients.withLock({ $0.list }) { await client.closeNow() }
        await server.shutdown(within: .seconds(1))
        return checks.withLock { $0 }
    }
}
