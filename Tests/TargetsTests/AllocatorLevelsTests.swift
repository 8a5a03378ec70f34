import HeapProbes
import ProcessResources
import Testing

@testable import Targets

@Suite("What allocators hold, and what is known beside them")
struct AllocatorLevelsTests {
    private static let usage = AllocatorUsage(
        glibc: .init(usedBytes: 5000, freeBytes: 300), mappedBytes: 1000, unaccountedBytes: 900)

    private static func levels(_ beside: MemoryBeside) -> AllocatorLevels {
        var levels = AllocatorLevels(liveBytes: 0, freeBytes: 0, roomBytes: 0)
        levels.add(usage, beside)
        return levels
    }

    @Test("whatever no allocator explains may be free, unless more is known")
    func room() {
        #expect(Self.levels(.init()) == AllocatorLevels(liveBytes: 6000, freeBytes: 300, roomBytes: 1200))
        #expect(Self.levels(.init(freeBytes: 50)) == AllocatorLevels(liveBytes: 6000, freeBytes: 300, roomBytes: 350))
        #expect(
            Self.levels(.init(freeBytes: 5000)) == AllocatorLevels(liveBytes: 6000, freeBytes: 300, roomBytes: 1200))
    }

    @Test("a heap of objects counts as an allocator, in pages that none explained")
    func heap() {
        let heap = ObjectHeap(liveBytes: 600, heldBytes: 700)
        #expect(
            Self.levels(.init(heap: heap)) == AllocatorLevels(liveBytes: 6600, freeBytes: 400, roomBytes: 600))
        // Of a worker most pages may still be its parent's.
        let shared = ObjectHeap(liveBytes: 2000, heldBytes: 2100)
        #expect(
            Self.levels(.init(heap: shared)) == AllocatorLevels(liveBytes: 8000, freeBytes: 400, roomBytes: 400))
    }
}
