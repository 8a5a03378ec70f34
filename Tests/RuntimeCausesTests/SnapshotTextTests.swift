import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("What agents and pages say")
struct SnapshotTextTests {
    @Test("an agent's paths, then what is known by its lines")
    func agent() throws {
        var snapshot = CauseSnapshot()
        let text = """
            -1\t1\t80\tsessions\tdict\tapp.py\t3
            0\t40\t1600\t\tSession\t\t

            task\t40\t0\tTask wait\twait\tapp.py\t27\tmain\tapp.py\t40
            allocation\t3\t120\tSession\tnew\tserver.rb\t17

            """
        let isWhole = snapshot.add(text)
        #expect(isWhole)
        #expect(
            snapshot.held.nodes.map(\.step) == [
                HolderStep("sessions", "dict", at: CodeLocation(file: "app.py", line: 3)), HolderStep("", "Session"),
            ])
        let task = CauseSignature(
            .task, "Task wait",
            site: [
                CodeFrame("wait", at: CodeLocation(file: "app.py", line: 27)),
                CodeFrame("main", at: CodeLocation(file: "app.py", line: 40)),
            ])
        #expect(snapshot.counted[task] == Tally(40))
        #expect(snapshot.counted.count == 2 && snapshot.counted.values.contains(Tally(3, bytes: 120)))
        // A second process.
        let isWholeAgain = snapshot.add(text)
        #expect(isWholeAgain)
        #expect(snapshot.held.nodes[1].tally == Tally(80, bytes: 3200) && snapshot.counted[task] == Tally(80))
    }

    @Test(
        "an agent of which nothing has the shape",
        arguments: ["\nboat\t1\t1\tA\n", "\ntask\tx\t1\tA\n", "hello\n", "\ntask\t1\n"])
    func malformed(text: String) {
        var snapshot = CauseSnapshot()
        let isWhole = snapshot.add(text)
        #expect(!isWhole)
    }

    @Test("goroutines, by where they wait and who made them")
    func goroutines() throws {
        let text = """
            goroutine 1 [IO wait, 3 minutes]:
            internal/poll.runtime_pollWait(0x7f, 0x72)
            \t/usr/lib/go-1.19/src/runtime/netpoll.go:305 +0x89
            main.main()
            \t/srv/main.go:52 +0x1b7

            goroutine 34 [chan receive]:
            main.writePump(0xc0000a8000)
            \t/srv/main.go:17 +0x25
            created by main.subscribe
            \t/srv/main.go:22 +0x73

            goroutine 35 [chan receive, 2 minutes]:
            main.writePump(0xc0000a8060)
            \t/srv/main.go:17 +0x25
            created by main.subscribe in goroutine 9
            \t/srv/main.go:22 +0x73

            goroutine 36 [running]:
            net/http.(*conn).serve(0xc00001, {0x6d, 0xc0002})
            \t/usr/lib/go-1.19/src/net/http/server.go:1991 +0x607

            """
        var snapshot = CauseSnapshot()
        snapshot.add(goroutines: text)
        let pump = CauseSignature(
            .goroutine, "goroutine main.writePump (chan receive)",
            site: [
                CodeFrame("main.writePump", at: CodeLocation(file: "/srv/main.go", line: 17)),
                CodeFrame("created by main.subscribe", at: CodeLocation(file: "/srv/main.go", line: 22)),
            ])
        #expect(snapshot.counted[pump] == Tally(2))
        #expect(snapshot.counted.count == 3)
        #expect(snapshot.counted.keys.contains { $0.what == "goroutine net/http.(*conn).serve (running)" })
    }

    @Test("whose code a file is")
    func library() {
        for file in [
            "node:events", "/usr/lib/python3.11/asyncio/tasks.py", "/srv/node_modules/ws/lib/a.js", "<frozen runpy>",
        ] {
            #expect(CodeLocation(file: file).isLibrary)
        }
        #expect(!CodeLocation(file: "/srv/app/server.py").isLibrary)
        var cause = Cause(.task, "Task", countsPerConnection: [1, 1])
        #expect(cause.location == nil)
        cause.holders = [HolderStep("tasks", "set", at: CodeLocation(file: "app.py", line: 3))]
        cause.site = [CodeFrame("get", at: CodeLocation(file: "/usr/lib/python3.11/queues.py", line: 158))]
        #expect(cause.location?.description == "app.py:3")
    }

    @Test("blocks of Go by the stack that allocated them, those of several sizes together, freed ones not")
    func heapProfile() {
        let text = """
            heap profile: 5: 1536 [40: 9000] @ heap/2
            3: 336 [9: 1008] @ 0x4b1234 0x4b5678
            #\t0x4b1233\tmain.remember+0x25\t\t/srv/chat/main.go:12
            #\t0x4b5677\tmain.(*Hub).join+0x1b5\t/srv/chat/hub.go:34

            1: 1024 [1: 1024] @ 0x4b1234 0x4b5678
            #\t0x4b1233\tmain.remember+0x25\t/srv/chat/main.go:12
            #\t0x4b5677\tmain.(*Hub).join+0x1b5\t/srv/chat/hub.go:34

            1: 176 [1: 176] @ 0x4c0000
            #\t0x4bffff\tmain.main+0x5\t/srv/chat/main.go:3

            0: 0 [22: 4000] @ 0x4b9999
            #\t0x4b9998\tmain.freed+0x8\t/srv/chat/main.go:40

            # runtime.MemStats
            # Alloc = 123
            """
        var snapshot = CauseSnapshot()
        var sizes = BlockSizes()
        snapshot.add(heapProfile: text, sizes: &sizes)
        let kept = CauseSignature(
            .allocation, "block",
            site: [
                CodeFrame("main.remember", at: CodeLocation(file: "/srv/chat/main.go", line: 12)),
                CodeFrame("main.(*Hub).join", at: CodeLocation(file: "/srv/chat/hub.go", line: 34)),
            ])
        let other = CauseSignature(
            .allocation, "block", site: [CodeFrame("main.main", at: CodeLocation(file: "/srv/chat/main.go", line: 3))])
        #expect(snapshot.counted == [kept: Tally(4, bytes: 1360), other: Tally(1, bytes: 176)])
        #expect(sizes[kept] == 0 && sizes[other] == 176)
    }
}
