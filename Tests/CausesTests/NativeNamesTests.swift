import Testing

@testable import Causes

@Suite("The names of native code")
struct NativeNamesTests {
    @Test(
        "a name is without what its parameters and the compiler add",
        arguments: [
            ("remember", "remember"), ("Room::add(int, char const*)", "Room::add"),
            ("(anonymous namespace)::keep(int)", "(anonymous namespace)::keep"),
            (
                "std::vector<void (*)(int), std::allocator<int> >::push_back(int&&)",
                "std::vector<void (*)(int), std::allocator<int> >::push_back"
            ),
            ("Room::operator()(int) const", "Room::operator()"), ("operator<<(int)", "operator<<"),
            ("main::{lambda(int)#1}::operator()(int) const", "main::{lambda(int)#1}::operator()"),
            ("leaky::remember::h0123456789abcdef", "leaky::remember"),
            ("<leaky::Room as leaky::Keep>::keep::h0123456789abcdef", "<leaky::Room as leaky::Keep>::keep"),
            (
                "$s10watertight11LeakPlanterC10leakMemory33_6B373E0937870B9744D5BE1E97091601LLyySiF",
                "watertight.LeakPlanter.leakMemory"
            ),
        ])
    func short(name: String, short: String) { #expect(FunctionName.short(name) == short) }

    @Test(
        "a name of Swift's",
        arguments: [
            ("closure #1 (Swift.Int) -> () in app.Room.(add in _12AB)(Swift.Int) -> ()", "closure #1 in app.Room.add"),
            ("generic specialization <Swift.Int> of Swift.Array.append(A) -> ()", "Swift.Array.append"),
            ("static app.Room.make<A>(A) -> app.Room", "app.Room.make"),
            ("(2) await resume partial function for app.Room.read() async -> ()", "app.Room.read"),
            ("(extension in net):app.Room.open() -> ()", "app.Room.open"),
            (
                "closure #1 @Sendable () -> () in $s3app1_2fMu_ #1 () -> () in app.Tests.read() -> ()",
                "closure #1 in app.Tests.read"
            ),
        ])
    func swift(name: String, short: String) { #expect(FunctionName.shortSwift(name) == short) }

    @Test("the allocator's own frames are left out, unless there is no other")
    func allocator() {
        let names = [
            "operator new[]", "__gnu_cxx::new_allocator<int>::allocate", "std::vector<int>::push_back", "malloc",
        ]
        #expect(FunctionName.withoutAllocator(names.map { CodeFrame($0) }).map(\.function) == Array(names[2...]))
        #expect(FunctionName.withoutAllocator([CodeFrame("calloc")]).map(\.function) == ["calloc"])
    }

    @Test("what the programs print is read, with functions that are a part of others")
    func symbols() {
        let text = """
            0x00000000000010e8
            void emplace(int) inlined at /srv/list.h:12:21 in main
            /usr/include/c++/12/bits/vector.tcc:114:20
            Room::add(int)
            /srv/room.cc:3
            main
            /srv/room.cc:4 (discriminator 2)
            0x10
            ??
            ??:0
            0x20
            plain
            ??:?

            """
        let named = Symbols.named(text, file: "/srv/room")
        #expect(
            named.map { $0.map(\.description) } == [
                ["void emplace vector.tcc:114", "Room::add room.cc:3", "main room.cc:4"], [], ["plain room"],
            ])
        #expect(named[0].map { $0.location?.isLibrary } == [true, false, false])
        #expect(
            Symbols.named("0x1\npoll\n../sysdeps/poll.c:29\n", file: "/usr/lib/libc.so.6")[0][0].description
                == "poll libc.so.6")
    }

    @Test("what a macro has expanded to is in no file")
    func expansion() {
        #expect(CodeLocation(symbol: "/srv/@__swiftmacro_3app.swift:5:3") == nil)
        #expect(CodeLocation(symbol: "/srv/app.swift:5:3")?.description == "app.swift:5")
    }

    @Test("the code that started threads is told behind where they stand, for as many as there are")
    func starters() {
        func frame(_ name: String, _ file: String) -> CodeFrame {
            CodeFrame(name, at: CodeLocation(file: file, line: 7))
        }
        var block = Cause(.allocation, "block", countsPerConnection: [0.5, 0.5])
        block.site = [
            frame("calloc", "/usr/lib/ld.so"), frame("pthread_create", "/usr/lib/libc.so.6"), frame("start", "/a/a.c"),
        ]
        var other = block
        other.site[2] = frame("other", "/a/a.c")
        other.countsPerConnection = [3, 3]
        let starters = ThreadStarters(among: [block, other, block]) { [$0] }
        let thread = Cause(.thread, "thread pump", countsPerConnection: [1, 1])
        #expect(starters.site(of: thread).map(\.description) == ["created by start a.c:7"])
        #expect(starters.site(of: Cause(.thread, "thread", countsPerConnection: [2, 2])).isEmpty)
    }

    @Test("the stacks of threads")
    func threads() {
        let text = """
            PID 41 - process
            TID 41:
            #0  0x00007fb1a7dfb230 __poll - /usr/lib/libc.so.6
                ../sysdeps/unix/sysv/linux/poll.c:29:10
            #1  0x00007fb1a7ef09e7 - 1 wait_for(int) - /srv/leaky
                /srv/leaky.c:13:5
            TID 42:
            #0  0x00007fb1a7dfb230 - /srv/leaky

            """
        let stacks = ThreadStacks.stacks(text)
        #expect(stacks[41]?.map(\.description) == ["__poll libc.so.6", "wait_for leaky.c:13"])
        #expect(stacks[42] == [])
        #expect(ThreadStacks.kind("worker-12-a3") == "thread worker-#-a#")
    }

    @Test("one block that grows by the same for each connection is a cause, and one that doubles is not")
    func growing() {
        func causes(_ kind: Cause.Kind, _ bytes: [Int]) -> [Cause] {
            let snapshots = bytes.map { bytes in
                var snapshot = CauseSnapshot()
                snapshot.counted = [CauseSignature(kind, "block"): Tally(1, bytes: bytes)]
                return snapshot
            }
            return CauseSearch(snapshots, connections: [500, 500]).causes()
        }
        #expect(causes(.allocation, [8000, 16_000, 24_000]).map(\.bytesPerConnection) == [16])
        #expect(causes(.allocation, [8000, 8000, 16_000]).isEmpty)
        #expect(causes(.task, [8000, 16_000, 24_000]).isEmpty)
    }
}
