/// Where the allocator of a program keeps its state; constant while the program runs.
struct GlibcLocation: Hashable {
    /// The lists of the main arena.
    var bins: UInt64
    /// How far before its lists the state of an arena begins, once known.
    var headerBytes: UInt64?
    /// The first of the words `mmapped_mem`, `max_mmapped_mem`, `sbrk_base` of `struct malloc_par`.
    var parameters: UInt64?

    /// Looks for the main arena in the writable part of a library or program.
    init?(searching words: Span<UInt64>, at address: UInt64) {
        let first = GlibcArena.leastWordsBefore
        let last = words.count - GlibcArena.wordCount
        guard last >= first else { return nil }
        for index in first...last {
            let bins = address + UInt64(index * 8)
            // Sixteen bytes further, the lists look alike except for their ends; what follows them does not.
            guard let arena = GlibcArena(words, at: index, bins: bins, hasFastChunks: false),
                arena.nextIsArena
            else { continue }
            self.bins = arena.bins
            return
        }
        return nil
    }

    /// Looks for the account of individually mapped blocks: it ends with the start of the heap.
    mutating func findParameters(in words: Span<UInt64>, at address: UInt64, heapStart: UInt64) {
        let pageMask: UInt64 = 4095
        var index = 2
        while index < words.count {
            defer { index += 1 }
            guard words[index] == heapStart else { continue }
            let mapped = words[index - 2]
            let most = words[index - 1]
            guard mapped <= most, most < 1 << 47, (mapped | most) & pageMask == 0 else { continue }
            let found = address + UInt64(index * 8 - 16)
            // The arena itself may lead to the first chunk.
            if found &- (bins &- GlibcArena.headerBytes[0]) < GlibcHeap.arenaBytes { continue }
            parameters = found
            return
        }
    }
}
