import Sockets
import SystemCalls
import WebSockets

/// A client that means well, while others do not: echoes on one connection, and opens further ones.
final class Bystander: @unchecked Sendable {
    private let loop: EventLoop
    private let url: String
    // Touched on the loop alone.
    private var account = PeersAccount()
    private var isEnding = false

    init(_ url: String) throws {
        self.url = url
        loop = try EventLoop(name: "bystander")
    }

    /// Opens its connection and goes on until it is told to end.
    func begin() async throws -> Task<PeersAccount, Never> {
        let connection = try await connect()
        return Task(executorPreference: loop) { [self] in
            async let echoes: Void = echo(on: connection)
            async let openings: Void = open()
            _ = await (echoes, openings)
            return await loop.run { self.account }
        }
    }

    func end() {
        loop.execute { self.isEnding = true }
    }

    func stop() { loop.stop() }

    private func connect() async throws -> AsyncConnection {
        var configuration = ClientConfiguration()
        configuration.limits.connectLimit = .seconds(20)
        configuration.limits.handshakeLimit = .seconds(20)
        return try await WebSocketClient.connect(to: url, configuration, on: loop)
    }

    /// Whether it has been told to end; not before what is asked for has come about once, or something has gone wrong.
    private func mustEnd(after count: @escaping @Sendable (PeersAccount) -> Int) async -> Bool {
        await loop.run { self.isEnding && (count(self.account) > 0 || self.account.problem != nil) }
    }

    private func note(_ change: @escaping @Sendable (inout PeersAccount) -> Void) async {
        await loop.run { change(&self.account) }
    }

    private func echo(on connection: AsyncConnection) async {
        while await !mustEnd(after: { $0.roundTrips }) {
            let start = MonotonicTime.now
            do {
                try await connection.send("still there?")
            } catch {
                return await note { $0.problem = $0.problem ?? "its message was not sent: \(error)" }
            }
            guard await connection.receive()?.text == "still there?" else {
                let outcome = await connection.outcome.map { "\($0)" } ?? "a wrong message"
                return await note { $0.problem = $0.problem ?? "no echo: \(outcome)" }
            }
            let took = start.elapsed.inSeconds
            await note {
                $0.roundTrips += 1
                $0.slowestRoundTrip = max($0.slowestRoundTrip, took)
            }
            await loop.sleep(for: .milliseconds(5))
        }
        let outcome = await connection.close()
        if !outcome.isClean { await note { $0.problem = $0.problem ?? "no clean close: \(outcome)" } }
    }

    private func open() async {
        while await !mustEnd(after: { $0.opened }) {
            let start = MonotonicTime.now
            do {
                let connection = try await connect()
                let took = start.elapsed.inSeconds
                await note {
                    $0.opened += 1
                    $0.slowestOpening = max($0.slowestOpening, took)
                }
                await connection.close()
            } catch {
                await note { $0.problem = $0.problem ?? "a connection did not open: \(error)" }
            }
            await loop.sleep(for: .milliseconds(50))
        }
    }
}
