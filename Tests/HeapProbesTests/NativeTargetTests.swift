import Foundation
import Glibc
import ProcessResources
import Remedies
import TestSupport
import Testing

@testable import HeapProbes
@testable import Preload

@Suite(
    "Which programs have the library, and which cannot", .serialized,
    .enabled(if: NativeStepper.isPossible, "clang is not installed"))
struct NativeTargetTests {
    private static func subject(_ reader: ProcessReader, isOwn: Bool = true) throws -> HeapSubject {
        HeapSubject(processes: [reader], url: try HTTPLocation("http://127.0.0.1:1/"), isOwn: isOwn)
    }

    @Test("what a process starts has the library until it listens", arguments: ["execvp", "posix_spawn"])
    func helpers(call: String) async throws {
        let start =
            call == "execvp"
            ? "if (fork() == 0) start(\"sleep\");"
            : "{ static char **old; if (!old) old = copied(); char *w[] = {\"sleep\", \"600\", 0}; int p; posix_spawnp(&p, w[0], 0, 0, w, old); }"
        let listen =
            "{ int s = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = {AF_INET}; bind(s, (void *)&a, sizeof a); listen(s, 1); }"
        let stepper = try await NativeStepper(
            "case -1: kept[0] = malloc(104); break; case 0: \(start) break; case 1: \(listen) \(start) break;",
            functions:
                "static char **copied(void) { int n = 0; while (environ[n]) n++; char **c = calloc(n + 1, 8); memcpy(c, environ, n * 8); return c; }",
            environment: ["LD_PRELOAD": PreloadLibrary.own.get().environment["LD_PRELOAD"]! + ":libm.so.6"])
        try await stepper.act()
        let before = try await stepper.child()
        #expect(await eventually { Self.sleeps(before) })
        #expect(try stepper.heap(before).blocks > 0)
        #expect(try Self.maps(before).contains("libm.so.6"))
        try await stepper.act()
        let all = try stepper.reader.children().filter { $0 != before.pid }
        let after = try ProcessReader(pid: try #require(all.first))
        #expect(await eventually { Self.sleeps(after) })
        #expect(try Self.maps(after).contains("libm.so.6"))
        #expect(throws: PreloadReadFailure.absent(pid: after.pid, .wasRefused)) { try stepper.heap(after) }
    }

    /// Whether it has become `sleep`, and all libraries are loaded.
    private static func sleeps(_ process: ProcessReader) -> Bool {
        (try? process.executable().contains("stepper")) == false && (try? StartedProcess.isIdle(process)) == true
    }

    private static func maps(_ process: ProcessReader) throws -> String {
        try String(contentsOfFile: "/proc/\(process.pid)/maps", encoding: .utf8)
    }

    @Test("one without the library is said to be, with what to do; by itself nothing is read then")
    func absent() async throws {
        let bare = try await NativeStepper("case 0: break;", environment: [:])
        await #expect {
            _ = try await Self.subject(bare.reader).open(.automatic)
        } throws: {
            "\($0)".contains("is without the LD_PRELOAD that the check gives its command")
        }
        let linked = try await NativeStepper("case 0: break;", options: ["-static"])
        await #expect {
            _ = try await Self.subject(linked.reader).open(.native)
        } throws: {
            "\($0)".contains("is linked statically") && ($0 as? HeapProbeFailure)?.problem.remedies == [.goWithoutHeap]
        }
        let running = try await Self.subject(bare.reader, isOwn: false).open(.automatic)
        #expect(running == nil)
        await #expect {
            _ = try await Self.subject(bare.reader, isOwn: false).open(.native)
        } throws: {
            ($0 as? HeapProbeFailure)?.problem.remedies == [.giveCommand, .readFromOutside]
        }
    }

    @Test("a program with an allocator of its own is said to have one")
    func ownAllocator() async throws {
        let own = """
            static char store[1 << 20]; static size_t used;
            void *malloc(size_t n) { char *p = store + used; used += (n + 31) & ~15ul; return p; }
            void free(void *p) {} void *calloc(size_t a, size_t b) { return malloc(a * b); }
            void *realloc(void *p, size_t n) { return malloc(n); }
            """
        let stepper = try await NativeStepper("case 0: break;", functions: own)
        await #expect {
            _ = try await Self.subject(stepper.reader).open(.native)
        } throws: {
            "\($0)".contains("never calls malloc: an allocator of its own")
        }
    }
}
