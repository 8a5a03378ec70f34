import Foundation
import Glibc
import ProcessResources
import TestSupport
import Testing

@testable import HeapProbes

@Suite("The library in native programs", .serialized, .enabled(if: NativeStepper.isPossible, "clang is not installed"))
struct NativeProbeTests {
    private static func subject(_ reader: ProcessReader, isOwn: Bool = true) throws -> HeapSubject {
        HeapSubject(processes: [reader], url: try HTTPLocation("http://127.0.0.1:1/"), isOwn: isOwn)
    }

    @Test("what is allocated is counted to the byte, whoever frees it")
    func exact() async throws {
        let stepper = try await NativeStepper(
            """
            case 0: for (int i = 0; i < 1000; i++) kept[i] = malloc(104); break;
            case 1: for (int i = 0; i < 1000; i++) kept[i] = realloc(kept[i], 1000); break;
            case 2: for (int i = 0; i < 1000; i++) free(kept[i]); break;
            case 3: for (int i = 0; i < 500; i++) kept[i] = calloc(13, 8);
                    for (int i = 500; i < 1000; i++) kept[i] = strdup(text); break;
            case 4: for (int i = 0; i < 1000; i++) { kept[i] = realloc(kept[i], 0); kept[i + 1000] = reallocarray(0, 13, 8); }
                    break;
            case 5: for (int i = 0; i < 1000; i++) free(kept[i + 1000]); break;
            case 6: kept[0] = malloc(3ul << 30); break;
            case 7: free(kept[0]); break;
            case 8: posix_memalign(&kept[0], 64, 104); kept[1] = aligned_alloc(64, 128); kept[2] = memalign(32, 100);
                    kept[3] = valloc(100); kept[4] = pvalloc(100); break;
            case 9: for (int i = 0; i < 5; i++) free(kept[i]); break;
            """,
            functions:
                "static char text[104]; static void fill(void) __attribute__((constructor)); static void fill(void) { memset(text, 65, 103); }"
        )
        let expected = [
            (1000, 104_000), (0, 896_000), (-1000, -1_000_000), (1000, 104_000), (0, 0), (-1000, -104_000),
        ]
        for (step, (blocks, bytes)) in expected.enumerated() {
            let added = try await stepper.added()
            #expect((added.blocks, added.bytes) == (blocks, bytes), "step \(step)")
        }
        let large = try await stepper.added()
        #expect(large.blocks == 1 && large.bytes >= 3 << 30 && large.bytes < 3 << 30 + 65_536, "\(large)")
        let gone = try await stepper.added()
        #expect((gone.blocks, gone.bytes) == (-1, -large.bytes))
        let aligned = try await stepper.added()
        #expect(aligned.blocks == 5 && aligned.bytes >= 432, "\(aligned)")
        let freed = try await stepper.added()
        #expect((freed.blocks, freed.bytes) == (-5, -aligned.bytes))
    }

    @Test("threads that are gone leave what they allocated in the count, and nothing else")
    func threads() async throws {
        let stepper = try await NativeStepper(
            """
            case 0: case 1: case 2: { pthread_t all[100];
                for (long i = 0; i < 100; i++) pthread_create(&all[i], 0, work, (void *)(i * 100));
                for (int i = 0; i < 100; i++) pthread_join(all[i], 0); break; }
            case 3: for (int i = 0; i < 10000; i++) free(kept[i]); break;
            """,
            functions:
                "static void *work(void *at) { for (int i = 0; i < 100; i++) { free(kept[(long)at + i]); kept[(long)at + i] = malloc(104); } return 0; }"
        )
        try await stepper.act()
        try await stepper.act()
        let again = try await stepper.added()
        #expect((again.blocks, again.bytes) == (0, 0))
        let freed = try await stepper.added()
        #expect((freed.blocks, freed.bytes) == (-10_000, -1_040_000))
    }

    @Test("mappings of the program are counted, and a part that is taken back is no longer")
    func mappings() async throws {
        let stepper = try await NativeStepper(
            """
            case 0: region = mmap(0, 40960, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
            case 1: munmap(region + 8192, 8192); break;
            case 2: munmap(region + 4096, 32768); break;
            case 3: munmap(region, 40960); break;
            case 4: region = mmap(0, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
            case 5: munmap(region, 1 << 20); region = mmap(0, 8192, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); break;
            case 6: region = mremap(region, 8192, 1 << 20, MREMAP_MAYMOVE); break;
            case 7: mmap(region, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0); break;
            case 8: munmap(region, 1 << 20); break;
            """)
        let expected = [
            (1, 40_960), (1, -8192), (0, -24_576), (-2, -8192), (0, 0), (1, 8192), (0, 1_040_384), (1, 0),
            (-2, -1_048_576),
        ]
        for (step, (mappings, bytes)) in expected.enumerated() {
            let added = try await stepper.added()
            #expect((added.mappings, added.mappedBytes) == (mappings, bytes), "step \(step)")
            #expect(added.blocks == 0, "step \(step)")
        }
    }

    @Test("a forked process begins with the counts of its parent and goes on with its own")
    func fork() async throws {
        let stepper = try await NativeStepper(
            "case -1: kept[0] = malloc(104); break; case 0: if (fork() == 0) { for (int i = 0; i < 1000; i++) kept[i] = malloc(104); for (;;) pause(); } break;"
        )
        let alone = try stepper.heap()
        try await stepper.act()
        let child = try await stepper.child()
        #expect(try await eventually { try stepper.heap(child).blocks == alone.blocks + 1000 })
        #expect(try stepper.heap(child).bytes == alone.bytes + 104_000)
        #expect(try stepper.heap().blocks == alone.blocks)
        let probe = try #require(try await Self.subject(stepper.reader).open(.native))
        let both = try await probe.read()
        #expect(both == [.liveBytes: Double(2 * alone.bytes + 104_000), .blocks: Double(2 * alone.blocks + 1000)])
    }
}
