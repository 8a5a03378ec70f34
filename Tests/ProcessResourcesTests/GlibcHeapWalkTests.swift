import Testing

@testable import ProcessResources

@Suite("Heaps of glibc's malloc")
struct GlibcHeapWalkTests {
    @Test("a chunk is free when the next one says so")
    func freeChunks() throws {
        var builder = HeapBuilder()
        builder.used(48)
        builder.free(64)
        builder.used(32)
        let (heap, image) = try builder.finished()
        var walk = GlibcHeapWalk(seeksTables: false)
        try walk.add(heap, in: image)
        #expect(walk.usedBytes == 80)
        #expect(walk.freeBytes == 4096 - 80)
        #expect(walk.heldFreeBytes == walk.freeBytes)
    }

    @Test("free pages that the process does not hold are no room")
    func absentPages() throws {
        var image = MemoryImage(pageBytes: 4096)
        let pages = HeapBuilder.base..<HeapBuilder.base + 4 * 4096
        image.removeAll(reserving: 4 * 4096)
        _ = try image.append(pages, pages: [[.present, .held], [], [.present], [.present, .held]])
        image.words[1] = 33
        image.words[5] = UInt64(4 * 4096 - 32) | 1
        let heap = GlibcHeap(pages: pages, firstChunk: pages.lowerBound, top: pages.lowerBound + 32, headerBytes: 0)
        var walk = GlibcHeapWalk(seeksTables: false)
        try walk.add(heap, in: image)
        #expect(walk.freeBytes == 4 * 4096 - 32)
        #expect(walk.heldFreeBytes == 2 * 4096 - 32)
    }

    @Test("a full heap ends with two chunks that only say so")
    func fullHeap() throws {
        var words = [UInt64](repeating: 0, count: 512)
        words[1] = 4064 | 1
        words[509] = 16 | 1
        words[511] = 1
        let image = try HeapBuilder.image(words)
        let pages = HeapBuilder.base..<HeapBuilder.base + 4096
        let heap = GlibcHeap(pages: pages, firstChunk: pages.lowerBound, top: nil, headerBytes: 0)
        var walk = GlibcHeapWalk(seeksTables: false)
        try walk.add(heap, in: image)
        #expect(walk.usedBytes == 4096)
        #expect(walk.freeBytes == 0)
    }

    @Test(
        "a damaged heap is contradicted",
        arguments: [(1, 0), (1, 17), (1, 8193), (1, 51), (6, 80), (7, 40), (19, 33), (19, 1)] as [(Int, UInt64)])
    func damage(word: Int, value: UInt64) throws {
        var builder = HeapBuilder()
        builder.used(48)
        builder.free(64)
        builder.used(32)
        var (heap, image) = try builder.finished()
        // The free chunk's size, and the copy of it in the next chunk.
        image.words[word == 6 ? 14 : word] = value
        heap.headerBytes = 0
        var walk = GlibcHeapWalk(seeksTables: false)
        #expect(throws: Contradiction.self) { try walk.add(heap, in: image) }
    }

    @Test("lists of small chunks are followed, mangled or not", arguments: [true, false])
    func fastChunks(isMangled: Bool) throws {
        var builder = HeapBuilder()
        let first = builder.used(48)
        let second = builder.used(48)
        builder.used(64)
        var (heap, image) = try builder.finished()
        image.link(second, to: first - 16, isMangled: isMangled)
        image.link(first, to: 0, isMangled: isMangled)
        var walk = GlibcHeapWalk(seeksTables: false)
        try walk.add(heap, in: image)
        var lists = GlibcFreeLists(limit: walk.usedBytes)
        let arena = try #require(GlibcArena(fastChunks: [0, second - 16]))
        try lists.addFastChunks(of: arena, in: image)
        #expect(lists.fastBytes == 96)

        // A list in a circle, and one of chunks of another size.
        image.link(first, to: second - 16, isMangled: isMangled)
        #expect(throws: Contradiction.self) { try lists.addFastChunks(of: arena, in: image) }
        let other = try #require(GlibcArena(fastChunks: [first - 16]))
        #expect(throws: Contradiction.self) { try lists.addFastChunks(of: other, in: image) }
    }

    @Test(
        "the cache of a thread is found by its chunk",
        arguments: [(64, 1, 2), (64, 2, 2), (76, 2, 5)], [true, false])
    func cache(_ layout: (lists: Int, bytes: Int, number: UInt64), isMangled: Bool) throws {
        var builder = HeapBuilder()
        let first = builder.used(1040)
        let second = builder.used(1040)
        let (words, list) = (layout.lists * layout.bytes / 8, 63)
        var contents = [UInt64](repeating: 0, count: words + layout.lists)
        let shift = UInt64(list * layout.bytes % 8 * 8)
        // The newest says how many of seven are still missing.
        if layout.lists == 76 { for word in 0..<words { contents[word] = 0x0007_0007_0007_0007 } }
        let number = list * layout.bytes / 8
        contents[number] = contents[number] & ~(0xFF << shift) | layout.number << shift
        contents[words + list] = second
        let cache = builder.used((contents.count * 8 + 8 + 15) / 16 * 16, contents)
        var (heap, image) = try builder.finished()
        image.link(second, to: first, isMangled: isMangled)
        image.link(first, to: 0, isMangled: isMangled)
        var walk = GlibcHeapWalk(seeksTables: false)
        try walk.add(heap, in: image)
        #expect(walk.cacheCandidates == [cache])
        var lists = GlibcFreeLists(limit: walk.usedBytes)
        lists.addCache(at: cache, in: image)
        #expect(lists.cacheBytes == 2080)
        #expect(lists.cacheCount == 1)

        // With another number it is none.
        let index = try #require(image.wordIndex(cache))
        image.words[index + number] += 1 << shift
        lists.addCache(at: cache, in: image)
        #expect(lists.cacheCount == 1)
    }

    @Test("the state of an arena is found among variables, wherever it lies", arguments: GlibcArena.headerBytes)
    func location(header: UInt64) throws {
        let address: UInt64 = 0x7F00_0000_0000
        for first in [20, 33, 60] {
            let words = GlibcArena.words(first: first, count: 1024, address: address, header: header)
            let location = try #require(GlibcLocation(recorded: words, at: address))
            #expect(location.bins == address + UInt64(first * 8))
        }
        let nothing = [UInt64](repeating: 0, count: 1024)
        #expect(GlibcLocation(recorded: nothing, at: address) == nil)
        #expect(GlibcLocation(recorded: Array(nothing.prefix(9)), at: address) == nil)
    }
}

extension MemoryImage {
    /// Writes the link of a free block, whose contents are at `block`.
    mutating func link(_ block: UInt64, to target: UInt64, isMangled: Bool) {
        guard let index = wordIndex(block) else { return }
        words[index] = isMangled ? target ^ (block >> 12) : target
    }
}

extension GlibcLocation {
    init?(recorded words: [UInt64], at address: UInt64) {
        guard let location = GlibcLocation(searching: words.span, at: address) else { return nil }
        self = location
    }
}

extension GlibcArena {
    /// Variables of a library with an arena whose lists begin at the word `first`.
    static func words(first: Int, count: Int, address: UInt64, header: UInt64) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        let bins = address + UInt64(first * 8)
        for list in 0..<listCount {
            words[first + list * 2] = bins + UInt64(list * 16) - 16
            words[first + list * 2 + 1] = bins + UInt64(list * 16) - 16
        }
        words[first - 2] = HeapBuilder.base
        words[first + 0x800 / 8] = bins - header
        words[first + 0x818 / 8] = 4096
        return words
    }

    /// An arena with nothing but lists of small chunks.
    init?(fastChunks: [UInt64]) {
        let first = Self.mostWordsBefore
        var words = Self.words(first: first, count: first + Self.wordCount, address: 0x1000, header: 0x70)
        for (index, chunk) in fastChunks.enumerated() { words[index] = chunk }
        self.init(words.span, at: first, bins: 0x1000 + UInt64(first * 8), hasFastChunks: true)
    }
}
