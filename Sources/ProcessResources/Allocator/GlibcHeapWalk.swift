/// Walks from chunk to chunk through the heaps of glibc's malloc and adds up what is in use and what is free.
///
/// A chunk begins with two words: the size of the chunk before, if that is free, and its own size with three flags.
/// Blocks in the lists of small chunks and in the caches of threads look in use; `GlibcFreeLists` finds those.
struct GlibcHeapWalk {
    /// Bytes of chunks in use, and of an arena's own state.
    private(set) var usedBytes = 0
    /// Bytes of free chunks and of the top of each heap.
    private(set) var freeBytes = 0
    /// The part of `freeBytes` in pages that the process holds.
    private(set) var heldFreeBytes = 0
    /// Chunks that may be the cache of a thread, as the addresses of what they contain.
    private(set) var cacheCandidates: [UInt64] = []
    /// Chunks that may be CPython's table of arenas, as the addresses of what they contain.
    private(set) var tableCandidates: [Range<UInt64>] = []

    /// Whether to look for `tableCandidates`.
    let seeksTables: Bool

    /// The flag of a chunk that follows one in use.
    private static let followsUsed: UInt64 = 1
    /// The flag of an individually mapped chunk, which no heap has.
    private static let isMapped: UInt64 = 2
    private static let flags: UInt64 = 7
    private static let leastChunk: UInt64 = 32
    /// The two chunks at the end of a full heap.
    private static let fenceBytes: UInt64 = 16
    /// The most candidates that are examined: a thread has one cache.
    private static let candidateLimit = 65_536

    init(seeksTables: Bool) { self.seeksTables = seeksTables }

    /// Adds the chunks of one heap, which `image` holds.
    mutating func add(_ heap: GlibcHeap, in image: borrowing MemoryImage) throws(Contradiction) {
        guard let region = image.region(of: heap.firstChunk), region.addresses == heap.pages else {
            throw Contradiction("a heap that was not copied")
        }
        usedBytes += heap.headerBytes
        let words = image.words.span
        let base = region.addresses.lowerBound
        let stop = heap.top ?? heap.end - Self.fenceBytes
        guard stop & 15 == 0, stop >= heap.firstChunk, stop <= heap.end - Self.fenceBytes else {
            throw Contradiction("a top outside its heap")
        }
        let stopIndex = region.firstWord + Int(stop - base) / 8
        var index = region.firstWord + Int(heap.firstChunk - base) / 8
        while index < stopIndex {
            let header = words[index + 1]
            let size = header & ~Self.flags
            let isFence = heap.top == nil && size == Self.fenceBytes && index + 2 == stopIndex
            guard size >= Self.leastChunk || isFence, size & 15 == 0, header & Self.isMapped == 0,
                size <= UInt64(stopIndex - index) * 8
            else { throw Contradiction("a chunk of size \(header)") }
            let next = index + Int(size) / 8
            let address = base + UInt64(index - region.firstWord) * 8
            if words[next + 1] & Self.followsUsed != 0 {
                usedBytes += Int(size)
                note(address + 16, size: size)
            } else {
                guard words[next] == size else { throw Contradiction("a free chunk of two sizes") }
                addFree(address, Int(size), in: image)
            }
            index = next
        }
        try addEnd(of: heap, header: words[stopIndex + 1], in: image)
    }

    private mutating func addEnd(
        of heap: GlibcHeap, header: UInt64, in image: borrowing MemoryImage
    ) throws(Contradiction) {
        let size = header & ~Self.flags
        guard let top = heap.top else {
            guard size == 0 else { throw Contradiction("a full heap without an end") }
            usedBytes += Int(Self.fenceBytes)
            return
        }
        guard size == heap.end - top else { throw Contradiction("a top that ends elsewhere than its heap") }
        addFree(top, Int(size), in: image)
    }

    private mutating func addFree(_ address: UInt64, _ size: Int, in image: borrowing MemoryImage) {
        freeBytes += size
        // The first and the last page of a free chunk hold headers, so only large ones can lack pages.
        heldFreeBytes += size <= 4096 ? size : image.heldBytes(in: address..<address + UInt64(size))
    }

    private mutating func note(_ contents: UInt64, size: UInt64) {
        if ThreadCacheLayout.chunkBytes.contains(size) {
            if cacheCandidates.count < Self.candidateLimit { cacheCandidates.append(contents) }
        } else if seeksTables, PythonArenaTable.isPlausible(chunkBytes: size) {
            if tableCandidates.count < Self.candidateLimit { tableCandidates.append(contents..<contents + size - 16) }
        }
    }
}
