import Glibc
import Preload
import ProcessResources
import TestSupport
import Testing

@testable import Causes

@Suite("The causes in native programs", .serialized, .enabled(if: NativeStepper.isPossible, "clang is not installed"))
struct NativeCausesTests {
    private static let connections = 100

    /// What the program does again and again, as an event does: `remember` is called from `on_event`.
    private static func functions(_ body: String) -> String {
        """
        #define QUIET __attribute__((noinline))
        static int used;
        \(body)
        QUIET static void on_event(void) { remember(); __asm__ volatile(""); }
        """
    }

    private static func stepper(
        _ body: String, step: String = "for (int i = 0; i < 100; i++) on_event();", options: [String] = []
    ) async throws -> NativeStepper {
        try await NativeStepper(
            "case 0: case 1: case 2: \(step) break;", functions: functions(body), options: ["-g"] + options,
            environment: PreloadLibrary.own.get().tracing)
    }

    /// The causes of two rounds, each of so many events.
    private static func causes(_ stepper: NativeStepper, in process: ProcessReader? = nil) async throws -> [Cause] {
        let probe = try NativeCauseProbe([process ?? stepper.reader], servingPort: 1)
        var snapshots: [CauseSnapshot] = []
        for round in 0..<3 {
            if round > 0 { try await stepper.act() }
            snapshots.append(try await probe.snapshot())
        }
        let connections = [Self.connections, Self.connections]
        return await probe.refined(CauseSearch(snapshots, connections: connections).causes())
    }

    private static let keeping = "QUIET static void remember(void) { kept[used++] = calloc(1, 112); }"

    @Test(
        "what a function keeps is told with its line and its caller, with frame pointers and without",
        arguments: ["-fno-omit-frame-pointer", "-fomit-frame-pointer"])
    func kept(option: String) async throws {
        let causes = try await Self.causes(try await Self.stepper(Self.keeping, options: ["-O1", option]))
        let cause = try #require(causes.first)
        #expect(causes.count == 1 && cause.what == "112 B block" && cause.countsPerConnection == [1, 1])
        #expect((cause.bytesPerConnection ?? 0) == 120)
        #expect(cause.site.prefix(2).map(\.function) == ["remember", "on_event"])
        #expect(cause.location?.description.hasPrefix("stepper.c:") == true && cause.location?.line != nil)
    }

    @Test("what a function leaves open is told with its line, and what another opened where one was closed is not")
    func opened() async throws {
        let stepper = try await Self.stepper(
            """
            QUIET static void remember(void) { (void)!open("/dev/null", O_RDONLY); close(open("/dev/zero", O_RDONLY)); }
            """)
        let probe = try NativeCauseProbe([stepper.reader], servingPort: 1)
        var snapshots: [CauseSnapshot] = []
        for round in 0..<3 {
            if round > 0 { try await stepper.act() }
            var snapshot = try await probe.snapshot()
            snapshot.counted.merge(DescriptorTallies.tallies(of: [stepper.reader], servingPort: 1)) { $1 }
            snapshots.append(snapshot)
        }
        let connections = [Self.connections, Self.connections]
        let causes = await probe.refined(CauseSearch(snapshots, connections: connections).causes())
        #expect(causes.map(\.what) == ["device /dev/null"] && causes.first?.countsPerConnection == [1, 1], "\(causes)")
        #expect(causes.first?.site.prefix(2).map(\.function) == ["remember", "on_event"], "\(causes)")
    }

    @Test("one block that grows, and blocks that are moved, are of the line that made them so large")
    func grown() async throws {
        let growing = try await Self.causes(
            try await Self.stepper(
                "QUIET static void remember(void) { kept[0] = realloc(kept[0], ++used * 1600); }"))
        #expect(growing.map(\.what) == ["growing block"] && growing.first?.site.first?.function == "remember")
        #expect(abs((growing.first?.bytesPerConnection ?? 0) - 1600) < 200)
        let moved = try await Self.causes(
            try await Self.stepper(
                """
                QUIET static void *small(void) { return malloc(16); }
                QUIET static void remember(void) { kept[used++] = realloc(small(), 1000); }
                """))
        #expect(moved.map(\.what) == ["1000 B block"] && moved.first?.site.first?.function == "remember")
    }

    @Test("what is freed is no cause, however often, nor what is older than the tables")
    func healthy() async throws {
        let stepper = try await Self.stepper(
            """
            QUIET static void remember(void) { for (int i = 0; i < 10000; i++) { void *volatile p = malloc(i); free(p); }
                free(strdup("some")); void *a; posix_memalign(&a, 64, 100); free(a); free(realloc(malloc(8), 9000));
                munmap(mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 8192); }
            """)
        #expect(try await Self.causes(stepper).isEmpty)
    }

    @Test("mappings are of the line that made them, by what of them is in memory")
    func mapped() async throws {
        let causes = try await Self.causes(
            try await Self.stepper(
                """
                QUIET static void remember(void) { char *p = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); *p = 1; }
                """))
        #expect(causes.map(\.what) == ["8192 B mapping"] && causes.first?.bytesPerConnection == 4096)
        #expect(causes.first?.site.first?.function == "remember")
    }

    @Test("threads that end leave what they allocated, and those that stay are told by where they stand")
    func threads() async throws {
        let ended = try await Self.causes(
            try await Self.stepper(
                """
                QUIET static void *work(void *p) { kept[__sync_fetch_and_add(&used, 1)] = malloc(104); return 0; }
                QUIET static void remember(void) { pthread_t t; pthread_create(&t, 0, work, 0); pthread_join(t, 0); }
                """))
        #expect(ended.map(\.what) == ["104 B block"] && ended.first?.site.first?.function == "work")
        let stays = try await Self.causes(
            try await Self.stepper(
                """
                QUIET static void *waiter(void *p) { pthread_setname_np(pthread_self(), "waiter-7"); for (;;) pause(); }
                QUIET static void remember(void) { pthread_t t; pthread_create(&t, 0, waiter, 0); }
                """))
        let thread = try #require(stays.first { $0.kind == .thread })
        #expect(thread.what == "thread waiter-#" && abs(thread.countPerConnection - 1) < 0.05)
        if StartedProcess.has("eu-stack") { #expect(thread.ownFrames.first?.function == "waiter") }
    }

    @Test("a forked process has tables of its own")
    func fork() async throws {
        let stepper = try await Self.stepper(
            Self.keeping + "static void child(void) { for (int i = 0; i < 1000; i++) remember(); for (;;) pause(); }",
            step: "if (fork() == 0) child();")
        let library = try PreloadLibrary.own.get().name
        try await stepper.act()
        let child = try await stepper.child()
        func remembered(_ process: ProcessReader) throws -> Int {
            var reader = PreloadReader(process, library: library)
            return try reader.allocations()?.stacks.filter { $0.size == 112 }.reduce(0) { $0 + $1.count } ?? -1
        }
        #expect(try await eventually { try remembered(child) == 1000 })
        #expect(try remembered(stepper.reader) == 0)
    }

    @Test("one that does not trace is said not to")
    func untraced() async throws {
        let stepper = try await NativeStepper("case 0: break;")
        #expect { _ = try NativeCauseProbe([stepper.reader], servingPort: 1) } throws: {
            "\($0)".contains("does not trace what it allocates")
        }
    }
}
