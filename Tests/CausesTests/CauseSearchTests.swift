import Testing

@testable import Causes

@Suite("The causes in three snapshots")
struct CauseSearchTests {
    /// A snapshot of lines as agents write them.
    private static func snapshot(_ lines: String, _ counted: [CauseSignature: Tally] = [:]) throws -> CauseSnapshot {
        var snapshot = CauseSnapshot()
        snapshot.held = try tree(lines)
        snapshot.counted = counted
        return snapshot
    }

    private static func sessions(_ count: Int, list: Int? = nil) -> String {
        """
        -1\t1\t\(list ?? count * 8)\t__main__.sessions\tdict\t/srv/app.py\t12
        0\t\(count)\t\(count * 100)\t\tSession
        1\t\(count)\t\(count * 200)\t\tdict
        2\t\(count * 3)\t\(count * 90)\t\tstr
        -1\t40\t4000\tre._cache\tdict
        """
    }

    @Test("the frontier is where one for each connection begins, and all below is charged to it")
    func frontier() throws {
        let search = CauseSearch(
            [
                try Self.snapshot(Self.sessions(2000)), try Self.snapshot(Self.sessions(2500)),
                try Self.snapshot(Self.sessions(3001)),
            ],
            connections: [500, 500])
        let causes = search.causes()
        let cause = try #require(causes.first)
        #expect(causes.count == 1 && cause.kind == .heldObject && cause.what == "Session")
        #expect(cause.countsPerConnection == [1, 1.002])
        #expect(abs((cause.bytesPerConnection ?? 0) - 390.78) < 0.01)
        #expect(
            cause.holders == [HolderStep("__main__.sessions", "dict", at: CodeLocation(file: "/srv/app.py", line: 12))])
        #expect(cause.contents.map(\.type) == ["str", "Session", "dict"])
        #expect(cause.location?.description == "app.py:12")
    }

    @Test(
        "what grew in one interval alone, or unequally, is no cause",
        arguments: [[2000, 2000, 2500], [2000, 2500, 2510]])
    func noise(counts: [Int]) throws {
        let snapshots = try counts.map { try Self.snapshot(Self.sessions($0, list: 500)) }
        #expect(CauseSearch(snapshots, connections: [500, 500]).causes().isEmpty)
    }

    @Test("every tenth connection", arguments: [true, false])
    func tenth(leaks: Bool) throws {
        let snapshots = try [0, 50, 100].map { try Self.snapshot(Self.sessions(200 + (leaks ? $0 : 0))) }
        let causes = CauseSearch(snapshots, connections: [500, 500]).causes()
        #expect(causes.map(\.countPerConnection) == (leaks ? [0.1] : []))
    }

    @Test("both ends of a list are one cause")
    func ends() throws {
        func lines(_ count: Int) -> String {
            """
            -1\t1\t8\ttimers\tTimersList
            0\t\(count)\t\(count * 50)\tnext\tTimeout
            0\t\(count)\t\(count * 50)\tprevious\tTimeout
            """
        }
        let causes = try CauseSearch([1, 251, 501].map { try Self.snapshot(lines($0)) }, connections: [500, 500])
            .causes()
        #expect(causes.count == 1 && causes.first?.countPerConnection == 1 && causes.first?.bytesPerConnection == 50)
        #expect(causes.first?.alsoHeldBy.count == 1)
    }

    @Test("a task is known by its lines, and takes the holders of the objects that it is")
    func tasks() throws {
        let signature = CauseSignature(
            .task, "Task wait_for_auth", site: [CodeFrame("wait_for_auth", at: CodeLocation(file: "app.py", line: 27))])
        func snapshot(_ count: Int) throws -> CauseSnapshot {
            try Self.snapshot(
                "-1\t1\t8\tloop\tlist\n0\t\(count)\t\(count * 80)\t\tTimerHandle\n1\t\(count)\t\(count * 900)\t\tTask wait_for_auth",
                [signature: Tally(count)])
        }
        let causes = try CauseSearch([10, 510, 1010].map(snapshot), connections: [500, 500]).causes()
        let cause = try #require(causes.first)
        #expect(causes.count == 1 && cause.kind == .task && cause.bytesPerConnection == 980)
        #expect(cause.holders.map(\.description) == ["loop: list", "TimerHandle"])
        #expect(cause.location?.description == "app.py:27")
    }

    @Test(
        "lines that say nothing",
        arguments: ["x\t1\t1\t\tA", "0\t1\t1\t\tA", "-1\t1\t1", "-1\t1\t\t\tA", "-2\t1\t1\t\tA"])
    func malformed(line: String) {
        var tree = HeldTree()
        let isWhole = tree.add(lines: line.split(separator: "\n"))
        #expect(!isWhole)
    }

    @Test("a path that comes twice is counted together")
    func twice() throws {
        let tree = try tree("-1\t1\t8\ta\tA\n-1\t2\t8\ta\tA\n1\t3\t9\t\tB")
        #expect(tree.nodes.map(\.tally) == [Tally(3, bytes: 16), Tally(3, bytes: 9)])
    }
}

private func tree(_ lines: String) throws -> HeldTree {
    var tree = HeldTree()
    let isWhole = tree.add(lines: lines.split(separator: "\n"))
    try #require(isWhole)
    return tree
}
