import Environments
import Managers
import WebSocketProtocol
import WebSockets

extension Stage {
    /// Without activity for so long, what `background-race` leaves behind is freed.
    static let raceStaleLimit = Duration.seconds(2)
    /// The same while all patterns go on, of which the cold start alone takes two seconds on a busy machine.
    static let productionStaleLimit = Duration.seconds(6)

    /// Scenario `browser-tabs`.
    func closeTabs() async throws {
        let tabs = try await open("browser", ids("tab", 1...8))
        await exchange(tabs)
        await close(Array(tabs.prefix(3)))
        await eventually("managers of the tabs that stay", is: ids("tab", 4...8)) {
            factory.keys(of: "browser").map(\.id).sorted()
        }
        await exchange(Array(tabs.dropFirst(3)))
        await timed("cleanup of a browser", within: limits.batchCleanupLimit) {
            await factory.forceCleanup(user: "browser")
        }
        await eventually("sockets of tabs", is: 0) { await openCount(of: tabs) }
    }

    /// Scenario `cold-start`.
    func startCold() async throws {
        let begun = ContinuousClock.now
        let clients = try await withThrowingTaskGroup(of: ConnectionUnderTest.self) { group in
            for number in 0..<25 {
                let start = begun + .seconds(1) * number / 15
                group.addTask {
                    try await Task.sleep(until: start)
                    return try await self.timedResult("opening", within: self.limits.longestCycle) {
                        try await self.open("cold\(number)", "first")
                    }
                }
            }
            return try await group.reduce(into: [ConnectionUnderTest]()) { $0.append($1) }
        }
        expect("users of the burst", (0..<25).count { factory.keys(of: "cold\($0)").count == 1 }, is: 25)
        await exchange(clients)
        for number in 0..<25 { await factory.forceCleanup(user: "cold\(number)") }
        await eventually("sockets of the burst", is: 0) { await openCount(of: clients) }
    }

    /// Scenario `reconnections`.
    func reconnect() async throws {
        var all: [ConnectionUnderTest] = []
        for number in 1...15 {
            try Task.checkCancellation()
            let client = try await open("mobile", "phone")
            all.append(client)
            await exchange([client], "connection \(number)")
            if number < 15 { await client.closeNow() }
        }
        await eventually("connections of the phone", is: 1) { await openCount(of: all) }
        expect("managers of the phone", factory.keys(of: "mobile").count, is: 1)
        await factory.cleanup(IsolationKey(user: "mobile", connection: "phone"))
        await eventually("connections of the phone in the end", is: 0) { await openCount(of: all) }
        expect("managers of the phone in the end", factory.keys(of: "mobile").count, is: 0)
    }

    /// Scenario `mixed-ids`.
    func mixIds() async throws {
        var clients: [ConnectionUnderTest] = []
        for (number, isBySession) in [(1, true), (2, false)] {
            // Each operation makes up a thread; the request that both serve is all that they share.
            let request = "request-\(number)"
            let session = ManagerIdentity(user: "mixed", thread: "session-\(number)", request: request)!
            let webSocket = ManagerIdentity(user: "mixed", thread: "websocket-\(number)", request: request)!
            let client = try await open("user=mixed&thread=websocket-\(number)&request=\(request)")
            clients.append(client)
            expect("keys that differ", session.key != webSocket.key)
            await timed("cleanup by a session's or a connection's id", within: limits.cleanupLimit) {
                await factory.cleanup(isBySession ? session : webSocket)
            }
            expect("managers after cleanup by either id", factory.keys(of: "mixed").count, is: 0)
        }
        await eventually("sockets after cleanup by either id", is: 0) { await openCount(of: clients) }
    }

    /// Scenario `background-race`.
    func raceBackgroundCleanup() async throws {
        var clients: [ConnectionUnderTest] = []
        for number in 1...6 {
            let client = try await open("race", "r\(number)")
            clients.append(client)
            await exchange([client], "race \(number)")
            try await Task.sleep(for: .milliseconds(500))
        }
        await eventually(
            "managers freed in the background", is: 0, within: factory.limits.staleLimit + setting.patience
        ) {
            factory.keys(of: "race").count
        }
        await eventually("sockets freed in the background", is: 0) { await openCount(of: clients) }
    }

    /// Scenario `production`.
    func everythingAtOnce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let courses: [@Sendable (Stage) async throws -> Void] = [
                { try await $0.closeTabs() }, { try await $0.startCold() }, { try await $0.reconnect() },
                { try await $0.mixIds() }, { try await $0.raceBackgroundCleanup() }, { try await $0.restartServer() },
            ]
            for course in courses { group.addTask { try await course(self) } }
            try await group.waitForAll()
        }
    }

    /// How many of the connections have not ended.
    func openCount(of clients: [ConnectionUnderTest]) async -> Int {
        var count = 0
        for client in clients where await client.state != .closed { count += 1 }
        return count
    }
}
