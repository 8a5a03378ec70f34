import Managers
import TestSupport
import Testing

@Suite("Creating and finding managers")
struct ManagerFactoryTests {
    private let clock = ManualClock()
    private let factory: Factory

    init() {
        factory = Factory(clock: clock)
    }

    @Test("the same key has the same manager while it is active, and a new one afterwards")
    func reuse() async throws {
        let first = try factory.open("alice", "c1")
        let second = try factory.open("alice", "c1")
        #expect(first.manager === second.manager)
        #expect(factory.statistics.reused == 1)
        await factory.cleanup(first.manager.key)
        let third = try factory.open("alice", "c1")
        #expect(third.manager !== first.manager)
        #expect(factory.statistics.created == 2)
        await factory.shutdown()
    }

    @Test("a user has at most twenty, others are not concerned, and a refusal is counted")
    func userLimit() async throws {
        for number in 1...20 { try factory.open("alice", "c\(number)") }
        let error = #expect(throws: ManagerRefusal.self) { try factory.open("alice", "c21") }
        #expect(error?.description == "User alice has reached the maximum number of WebSocket managers (20)")
        try factory.open("bob", "c1")
        try factory.open("alice", "c20")
        var statistics = factory.statistics
        #expect(statistics.active == 21)
        #expect(statistics.refused == 1)
        #expect(statistics.managersPerUser == ["alice": 20, "bob": 1])
        await factory.cleanup(IsolationKey(user: "alice", connection: "c7"))
        try factory.open("alice", "c21")
        statistics = factory.statistics
        #expect(statistics.managersPerUser["alice"] == 20)
        #expect(statistics.created == 22)
        await factory.shutdown()
        #expect(factory.statistics.peakActive == 21)
    }

    @Test("who names no user has no limit of a user's, only the global one")
    func anonymous() async throws {
        var limits = ManagerLimits()
        limits.maximumManagers = 30
        let factory = Factory(limits: limits, clock: clock)
        for number in 1...30 { try factory.open(nil, "c\(number)") }
        let error = #expect(throws: ManagerRefusal.self) { try factory.open("alice", "c1") }
        #expect(error == .globalLimit(30))
        #expect(factory.statistics.anonymous == 30)
        #expect(factory.statistics.refusedByGlobalLimit == 1)
        await factory.shutdown()
    }

    @Test("a manager owns at most eight resources")
    func resourceLimit() async throws {
        for _ in 1...8 { try factory.open("alice", "c1") }
        let error = #expect(throws: ManagerRefusal.self) { try factory.open("alice", "c1") }
        #expect(error == .resourceLimit(IsolationKey(user: "alice", connection: "c1"), limit: 8))
        #expect(factory.statistics.resources == 8)
        await factory.shutdown()
    }

    @Test("the key follows from the most specific id")
    func keys() throws {
        let full = try #require(ManagerIdentity(user: "u", connection: "c", thread: "t", request: "r"))
        #expect(full.key == IsolationKey(user: "u", .connection, "c"))
        #expect("\(full)" == "u:c")
        #expect(ManagerIdentity(user: "u", thread: "t", request: "r")?.key == IsolationKey(user: "u", .thread, "t"))
        #expect(ManagerIdentity(user: "u", request: "r")?.key == IsolationKey(user: "u", .request, "r"))
        #expect(ManagerIdentity(user: "u") == nil)
        #expect("\(ManagerIdentity(user: nil, number: 3))" == "anonymous:#3")
        // A colon in a name does not make two keys one.
        #expect(IsolationKey(user: "a:b", connection: "c") != IsolationKey(user: "a", connection: "b:c"))
        #expect(IsolationKey(user: "a", .connection, "b") != IsolationKey(user: "a", .thread, "b"))
    }

    @Test("a manager's key is found by identity, while the manager is active")
    func lookUp() async throws {
        let first = try factory.open("alice", "c1").manager
        #expect(factory.key(of: first) == first.key)
        #expect(factory.manager(at: first.key) === first)
        await factory.cleanup(first.key)
        let second = try factory.open("alice", "c1").manager
        #expect(factory.key(of: first) == nil)
        #expect(factory.key(of: second) == second.key)
        await factory.shutdown()
    }

    @Test("operations that derive different threads for one request find the same manager")
    func identities() async throws {
        let webSocket = try #require(ManagerIdentity(user: "alice", thread: "ws-1", request: "r1"))
        let database = try #require(ManagerIdentity(user: "alice", thread: "db-1", request: "r1"))
        #expect(webSocket.key != database.key)
        let manager = try factory.manager(for: webSocket)
        #expect(factory.existingManager(for: database) === manager)
        let stranger = try #require(ManagerIdentity(user: "bob", thread: "db-1", request: "r1"))
        #expect(factory.existingManager(for: stranger) == nil)
        #expect(await factory.cleanup(database)?.key == webSocket.key)
        #expect(factory.statistics.active == 0)
        await factory.shutdown()
    }

    @Test("tabs of one thread are not taken for each other")
    func tabs() async throws {
        let one = try #require(ManagerIdentity(user: "alice", connection: "tab1", thread: "t"))
        let other = try #require(ManagerIdentity(user: "alice", connection: "tab2", thread: "t"))
        let manager = try factory.manager(for: one)
        #expect(factory.existingManager(for: other) == nil)
        #expect(try factory.manager(for: other) !== manager)
        await factory.shutdown()
    }

    @Test("a manager is found by further keys until it has ended")
    func association() async throws {
        let manager = try factory.open("alice", "c1").manager
        let other = try factory.open("alice", "c2").manager
        let alias = IsolationKey(user: "alice", .thread, "db-7")
        #expect(factory.associate(alias, with: manager))
        #expect(factory.associate(alias, with: manager))
        #expect(!factory.associate(alias, with: other))
        #expect(!factory.associate(other.key, with: manager))
        #expect(factory.manager(at: alias) === manager)
        #expect(await factory.cleanup(alias)?.key == manager.key)
        #expect(factory.manager(at: alias) == nil)
        #expect(!factory.associate(alias, with: manager))
        #expect(factory.associate(alias, with: other))
        await factory.shutdown()
    }

    @Test("a factory that nobody refers to any more is gone, its background cleanup with it")
    func lifetime() async throws {
        weak var gone: Factory?
        do {
            let factory = Factory(clock: clock)
            let opened = try factory.open("alice", "c1")
            #expect(await eventually { clock.sleeperCount == 1 })
            opened.resource.end()
            gone = factory
        }
        #expect(await eventually { gone == nil && clock.sleeperCount == 0 })
    }
}
