/// Follows the lists of free blocks that look in use to a walk from chunk to chunk.
///
/// Each block leads to the next. From 2.32 on that word is mangled with the address it lies at (safe-linking).
struct GlibcFreeLists {
    /// Bytes of chunks in the lists of small chunks that arenas have.
    private(set) var fastBytes = 0
    /// Bytes of chunks that threads keep for their next allocations.
    private(set) var cacheBytes = 0
    /// How many caches with at least one block there are.
    private(set) var cacheCount = 0
    /// The most bytes in such lists: all that is in use.
    private var budget: Int

    init(limit: Int) { budget = limit }

    /// Adds the lists of small chunks of an arena.
    mutating func addFastChunks(of arena: GlibcArena, in image: borrowing MemoryImage) throws(Contradiction) {
        for (list, first) in arena.fastChunks.enumerated() where first != 0 {
            let size = Self.chunkBytes(list: list)
            // The list leads to chunks, and that of a cache to what they contain.
            let block = first &+ 16
            let bytes =
                length(from: block, size: size, isMangled: true, step: 16, in: image)
                ?? length(from: block, size: size, isMangled: false, step: 16, in: image)
            guard let bytes else { throw Contradiction("a broken list of small chunks") }
            fastBytes += bytes
            budget -= bytes
        }
    }

    /// Adds the blocks of a thread's cache, where one is at `address`.
    mutating func addCache(at address: UInt64, in image: borrowing MemoryImage) {
        for layout in ThreadCacheLayout.known {
            guard let cache = layout.read(at: address, in: image) else { continue }
            for isMangled in [true, false] {
                guard let bytes = bytes(of: cache, isMangled: isMangled, in: image) else { continue }
                cacheBytes += bytes
                budget -= bytes
                cacheCount += 1
                return
            }
        }
    }

    /// What the lists of a cache hold; nil where they are not as long as their counts say.
    private func bytes(of cache: [ThreadCacheLayout.List], isMangled: Bool, in image: borrowing MemoryImage) -> Int? {
        var sum = 0
        for list in cache {
            let size = Self.chunkBytes(list: list.index)
            guard
                let bytes = length(
                    from: list.first, size: size, isMangled: isMangled, step: 0, limit: list.count * size, in: image),
                bytes == list.count * size
            else { return nil }
            sum += bytes
        }
        return sum <= budget ? sum : nil
    }

    /// The bytes of the chunks in a list that begins with the contents of one; nil where it leads astray.
    ///
    /// - Parameter step: how far what the list leads to lies before a chunk's contents.
    private func length(
        from first: UInt64, size: Int, isMangled: Bool, step: UInt64, limit: Int? = nil, in image: borrowing MemoryImage
    ) -> Int? {
        let limit = limit ?? budget
        let words = image.words.span
        var block = first
        var bytes = 0
        var region: MemoryImage.Region?
        while true {
            let header = block &- 8
            // A list seldom leads from one heap to another.
            if region?.addresses.contains(header) != true { region = image.region(of: header) }
            guard block & 15 == 0, let region, region.addresses.contains(block) else { return nil }
            let index = region.firstWord + Int(header - region.addresses.lowerBound) / 8
            guard words[index] & ~7 == UInt64(size) else { return nil }
            bytes += size
            guard bytes <= limit else { return nil }
            let word = words[index + 1]
            let link = isMangled ? word ^ (block >> 12) : word
            if link == 0 { return bytes }
            block = link &+ step
        }
    }

    /// The size of all chunks in one of the lists.
    static func chunkBytes(list: Int) -> Int { (list + 2) * 16 }
}
