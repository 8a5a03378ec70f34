import TestSupport
import Testing

@testable import ProcessResources

/// What is read of a running process may be anything at all: it must neither end nor hold up the one that reads.
@Suite("Memory that no allocator left")
struct AllocatorGarbageTests {
    private static let rounds = 3000
    private static let limit = Duration.seconds(600)

    /// Walks over everything, as a reader does.
    private static func walk(_ heap: GlibcHeap, _ image: MemoryImage, fastChunks: [UInt64]) {
        var walk = GlibcHeapWalk(seeksTables: true)
        try? walk.add(heap, in: image)
        var lists = GlibcFreeLists(limit: walk.usedBytes)
        if let arena = GlibcArena(fastChunks: fastChunks) { try? lists.addFastChunks(of: arena, in: image) }
        for address in walk.cacheCandidates + [heap.firstChunk, heap.end, 0, .max] {
            lists.addCache(at: address, in: image)
        }
        for range in walk.tableCandidates + [heap.pages, 0..<96, .max - 95 ..< .max] {
            _ = PythonArenaTable(in: range, of: image)
        }
        #expect(walk.usedBytes >= 0 && walk.freeBytes >= 0 && lists.cacheBytes <= walk.usedBytes)
    }

    private static func plausible(_ random: inout some RandomNumberGenerator) -> UInt64 {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: 0
        case 1: UInt64.random(in: 0...UInt64.max, using: &random)
        case 2: UInt64.random(in: 1...64, using: &random) << 4 | UInt64.random(in: 0..<8, using: &random)
        case 3: HeapBuilder.base + UInt64.random(in: 0..<2048, using: &random) * 8
        case 4: UInt64.max - UInt64.random(in: 0..<64, using: &random)
        default: [0x290, 0x250, 0x310, 0x610].randomElement(using: &random)! | 1
        }
    }

    @Test("random words")
    func random() throws {
        var random = SeededGenerator(seed: 1)
        let start = ContinuousClock.now
        for _ in 0..<Self.rounds {
            let words = (0..<1024).map { _ in Self.plausible(&random) }
            let image = try HeapBuilder.image(words)
            let pages = HeapBuilder.base..<HeapBuilder.base + 8192
            let first = HeapBuilder.base + UInt64.random(in: 0..<512, using: &random) * 16
            let top = Bool.random(using: &random) ? Self.plausible(&random) : nil
            let heap = GlibcHeap(pages: pages, firstChunk: first, top: top, headerBytes: 0)
            Self.walk(heap, image, fastChunks: (0..<10).map { _ in Self.plausible(&random) })
        }
        #expect(ContinuousClock.now - start < Self.limit)
    }

    @Test("a heap with a few words changed")
    func damaged() throws {
        var random = SeededGenerator(seed: 2)
        let start = ContinuousClock.now
        var builder = HeapBuilder()
        for index in 0..<40 {
            if index % 5 == 4 { builder.free(64) } else { builder.used([32, 48, 0x290, 0x250, 0x310][index % 5]) }
        }
        let (heap, intact) = try builder.finished()
        for _ in 0..<Self.rounds {
            var image = intact
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                image.words[Int.random(in: 0..<image.wordCount, using: &random)] = Self.plausible(&random)
            }
            Self.walk(heap, image, fastChunks: (0..<10).map { _ in Self.plausible(&random) })
        }
        #expect(ContinuousClock.now - start < Self.limit)
    }

    @Test("random states of arenas, heaps and pools")
    func states() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<Self.rounds {
            let words = (0..<400).map { _ in Self.plausible(&random) }
            let address = Self.plausible(&random)
            _ = GlibcLocation(searching: words.span, at: address & ~7 & 0xFFFF_FFFF_FFFF)
            _ = PythonPool(words.span.extracting(0..<6), poolBytes: 4096, arena: 0)
            let first = GlibcArena.mostWordsBefore
            var state = GlibcArena.words(
                first: first, count: first + GlibcArena.wordCount, address: 0x1000, header: 0x70)
            for index in [10, 11, 268, 269, 270, 271] { state[index] = Self.plausible(&random) }
            guard let arena = GlibcArena(state.span, at: first, bins: 0x1060, hasFastChunks: true) else { continue }
            _ = arena.nextIsArena
            _ = try? GlibcHeap.main(arena, end: address, pageBytes: 4096)
            _ = try? GlibcHeap.other(
                arena, at: Self.plausible(&random), start: address, state: Array(words[..<3]), pageBytes: 4096)
        }
    }
}
