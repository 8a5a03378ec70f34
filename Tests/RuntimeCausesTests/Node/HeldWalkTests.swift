import Remedies
import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("Who holds the objects of a V8 heap")
struct HeldWalkTests {
    private static func lines(_ snapshot: SnapshotText) throws -> [String] {
        let tree = try snapshot.tree()
        return tree.nodes.indices.map { index in
            let node = tree.nodes[index]
            let place = node.step.location.map { " \($0)" } ?? ""
            return "\(tree.path(to: index).map(\.description).joined(separator: " > ")) \(node.tally.count)\(place)"
        }
    }

    @Test("a map is held by its variable; its table is a part of it")
    func map() throws {
        var snapshot = SnapshotText()
        let map = snapshot.object("object", "Map", bytes: 32)
        let table = snapshot.object("array", "", bytes: 1000)
        snapshot.variable("sessions", map)
        snapshot.edge(map, "internal", "table", table)
        for index in 0..<5 {
            let session = snapshot.object("object", "Session", bytes: 24, at: (7, 9))
            snapshot.edge(table, "internal", "\(index * 3)", session)
            snapshot.edge(session, "property", "name", snapshot.object("string", "user \(index)"))
        }
        #expect(
            try Self.lines(snapshot) == [
                "sessions: Map 1 app.js:1", "sessions: Map > []: Session 5 app.js:9",
                "sessions: Map > []: Session > .name: string 5",
            ])
        let tree = try snapshot.tree()
        #expect(tree.nodes.map(\.tally.bytes) == [1032, 120, 40])
    }

    @Test("of what few are held, and few below, nothing is said")
    func few() throws {
        var snapshot = SnapshotText()
        let config = snapshot.object("object", "Config")
        snapshot.variable("config", config)
        snapshot.edge(config, "property", "port", snapshot.object("object", "Port"))
        #expect(try Self.lines(snapshot) == [])
    }

    @Test("an object with many properties is a table, whose keys are no names", arguments: [(20, 0), (100, 1)])
    func properties(count: Int, paths: Int) throws {
        var snapshot = SnapshotText()
        let plain = snapshot.object("object", "Object")
        snapshot.variable("users", plain)
        for index in 0..<count {
            snapshot.edge(plain, "property", "user\(index)", snapshot.object("object", "Object"))
        }
        #expect(
            try Self.lines(snapshot).dropFirst() == (paths == 0 ? [] : ["users: Object > []: Object \(count)"]))
    }

    @Test("a list is one step however long it is, and so is a tree")
    func chains() throws {
        var snapshot = SnapshotText()
        var last = snapshot.object("object", "List")
        snapshot.variable("queue", last)
        for _ in 0..<9 {
            let item = snapshot.object("object", "Item")
            snapshot.edge(last, "property", "next", item)
            last = item
        }
        let root = snapshot.object("object", "Tree")
        snapshot.variable("tree", root)
        var level = [root]
        for _ in 0..<4 {
            level = level.flatMap { holder in
                ["left", "right"].map { side in
                    let child = snapshot.object("object", "Branch")
                    snapshot.edge(holder, "property", side, child)
                    return child
                }
            }
        }
        #expect(
            try Self.lines(snapshot) == [
                "queue: List 1 app.js:1", "tree: Tree 1 app.js:1", "queue: List > .next: Item 9",
                "tree: Tree > .left: Branch 15", "tree: Tree > .right: Branch 15",
            ])
    }

    @Test("a listener shows its function, its line, and what its scope holds")
    func listeners() throws {
        var snapshot = SnapshotText()
        let bus = snapshot.object("object", "EventEmitter")
        let listeners = snapshot.object("object", "Array")
        snapshot.variable("bus", bus)
        snapshot.edge(bus, "property", "news", listeners)
        let outer = snapshot.object("hidden", "system / NativeContext")
        for index in 0..<4 {
            let function = snapshot.object("closure", "onNews", at: (7, 15))
            let scope = snapshot.object("object", "system / Context")
            snapshot.edge(listeners, "element", "\(index)", function)
            snapshot.edge(function, "internal", "context", scope)
            snapshot.edge(scope, "context", "socket", snapshot.object("object", "Socket"))
            snapshot.edge(scope, "internal", "previous", outer)
        }
        let lines = try Self.lines(snapshot)
        #expect(lines.contains("bus: EventEmitter > .news: Array > []: onNews() 4 app.js:15"))
        #expect(lines.contains("bus: EventEmitter > .news: Array > []: onNews() > socket: Socket 4 app.js:1"))
        #expect(!lines.contains { $0.hasPrefix("socket") })
    }

    @Test("a timer shows what it calls, is held by its list, and not by another timer; the runtime's own has no line")
    func timers() throws {
        var snapshot = SnapshotText()
        let list = snapshot.object("object", "TimersList", at: (8, 1))
        let timers = (0..<8).map { _ in snapshot.object("object", "Timeout", at: (8, 2)) }
        for timer in timers {
            let bound = snapshot.object("closure", "native_bind")
            snapshot.edge(bound, "internal", "bound_function", snapshot.object("closure", "heartbeat", at: (7, 19)))
            snapshot.edge(timer, "property", "_onTimeout", bound)
        }
        for (one, other) in zip([list] + timers, timers + [list]) {
            snapshot.edge(one, "property", "_idleNext", other)
            snapshot.edge(other, "property", "_idlePrev", one)
        }
        // Several functions of Node hold the list, and which comes first differs.
        for name in ["setImmediate", "clearTimeout"] {
            let function = snapshot.object("closure", name)
            let scope = snapshot.object("object", "system / Context")
            let map = snapshot.object("object", "Object")
            snapshot.edge(0, "element", "1", function)
            snapshot.edge(function, "internal", "context", scope)
            snapshot.edge(scope, "context", "timerListMap", map)
            snapshot.edge(map, "property", "60000", list)
        }
        snapshot.variable("known", timers[3])
        let lines = try Self.lines(snapshot)
        #expect(lines.contains("TimersList > []: Timeout heartbeat() 7 app.js:19"), "\(lines)")
        #expect(!lines.contains { $0.contains("_idle") })
    }

    @Test("timers that are in no list are found through each other")
    func looseTimers() throws {
        var snapshot = SnapshotText()
        var last = snapshot.object("object", "ImmediateList")
        snapshot.edge(0, "element", "1", last)
        for _ in 0..<4 {
            let timer = snapshot.object("object", "Immediate")
            snapshot.edge(last, "property", "_idleNext", timer)
            last = timer
        }
        #expect(try Self.lines(snapshot) == ["ImmediateList 1", "ImmediateList > ._idleNext: Immediate 4"])
    }

    @Test("strings are the keys of a table that holds objects, and else what it holds", arguments: [true, false])
    func keys(hasObjects: Bool) throws {
        var snapshot = SnapshotText()
        let map = snapshot.object("object", "Map")
        let table = snapshot.object("array", "")
        snapshot.variable("names", map)
        snapshot.edge(map, "internal", "table", table)
        for index in 0..<3 {
            snapshot.edge(table, "internal", "\(index * 3)", snapshot.object("string", "key \(index)"))
            let value = hasObjects ? snapshot.object("object", "User") : snapshot.object("string", "value \(index)")
            snapshot.edge(table, "internal", "\(index * 3 + 1)", value)
        }
        #expect(
            try Self.lines(snapshot).dropFirst() == [
                hasObjects ? "names: Map > []: User 3" : "names: Map > []: string 6"
            ])
    }

    @Test("what the runtime holds as well belongs to the variable; weak edges hold nothing; sockets are roots")
    func roots() throws {
        var snapshot = SnapshotText()
        let sessions = snapshot.object("object", "Set")
        for index in 0..<3 {
            let socket = snapshot.object("synthetic", "Node / TCPSocketWrap")
            let session = snapshot.object("object", "Session")
            snapshot.edge(0, "element", "\(index)", socket)
            snapshot.edge(socket, "internal", "owner", session)
            snapshot.edge(sessions, "element", "\(index)", session)
            snapshot.edge(0, "weak", "\(index)", snapshot.object("object", "Dropped"))
        }
        snapshot.variable("sessions", sessions)
        #expect(
            try Self.lines(snapshot) == [
                "sessions: Set 1 app.js:1", "sessions: Set > []: Session 3", "TCPSocketWrap 3",
            ])
    }

    @Test("a global property is a variable; functions of the runtime are entered last")
    func globals() throws {
        var snapshot = SnapshotText()
        let global = snapshot.object("object", "global")
        let cache = snapshot.object("object", "Array")
        snapshot.edge(0, "shortcut", "2", global)
        snapshot.edge(global, "property", "cache", cache)
        let runtime = snapshot.object("closure", "emit", at: (8, 4))
        snapshot.edge(global, "property", "emit", runtime)
        for index in 0..<3 {
            let item = snapshot.object("object", "Item")
            snapshot.edge(runtime, "property", "\(index)", item)
            snapshot.edge(cache, "element", "\(index)", item)
        }
        #expect(try Self.lines(snapshot) == [".cache: Array 1", ".cache: Array > []: Item 3"])
    }

    @Test("the scopes of one function that runs again and again are no module's")
    func scopes() throws {
        var snapshot = SnapshotText()
        let source = snapshot.object("code", "system / ScopeInfo")
        for index in 0..<3 {
            let scope = snapshot.object("object", "system / Context")
            let function = snapshot.object("closure", "tick", at: (7, 4))
            snapshot.edge(function, "internal", "context", scope)
            snapshot.edge(scope, "internal", "scope_info", source)
            snapshot.edge(scope, "context", "state", snapshot.object("object", "State"))
            snapshot.edge(0, "element", "\(index)", function)
        }
        #expect(try Self.lines(snapshot) == ["tick() 3 app.js:4", "tick() > state: State 3 app.js:1"])
    }

    @Test(
        "the line of a variable is that of its declaration",
        arguments: [("sessions", 3), ("Hub", 5), ("start", 6), ("$x", 4), ("missing", nil)] as [(String, Int?)])
    func declarations(name: String, line: Int?) {
        let text = """
            // sessions
            use(sessions, start)
            const sessions = new Map()
            let  $x = 1
            class Hub {}
            async function start() { const sessions = 1 }
            """
        #expect(VariableDeclaration.line(of: name, in: Array(text.utf8)) == line)
    }

    @Test("a snapshot is refused that the process has no memory for")
    func refusal() throws {
        let cost = SnapshotCost(heapBytes: 100 << 20)
        try cost.check(free: 1600 << 20, pid: 7)
        try cost.check(free: nil, pid: 7)
        let failure = #expect(throws: Explanation.Failure.self) { try cost.check(free: 1599 << 20, pid: 7) }
        #expect(failure?.reason.description.contains("1600 MiB") == true && failure?.remedy != nil)
    }
}
