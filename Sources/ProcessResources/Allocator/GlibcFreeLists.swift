/// Follows the lists of free blocks that look in use to a walk from chunk to chunk.
///
/// Each block leads to the next. From 2.32 on that word is mangled with its own address (safe-linking).
struct GlibcFreeLists {
    /// Bytes of chunks in the lists of small chunks that arenas have.
    private(set) var fastBytes = 0
    /// Bytes of chunks that threads cache for their next allocations.
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
            let found =
                follow(block, size: size, isMangled: true, step: 16, limit: budget, in: image)
                ?? follow(block, size: size, isMangled: false, step: 16, limit: budget, in: image)
            guard let found else { throw Contradiction("a broken list of small chunks") }
            fastBytes += found.bytes
            budget -= found.bytes
        }
    }

    /// Adds the blocks of a thread's cache, if one is at `address`.
    mutating func addCache(at address: UInt64, in image: borrowing MemoryImage) {
        for layout in ThreadCacheLayout.known {
            guard let lists = layout.read(at: address, in: image) else { continue }
            for isMangled in [true, false] {
                guard let bytes = bytes(of: lists, layout, isMangled: isMangled, in: image) else { continue }
                cacheBytes += bytes
                budget -= bytes
                cacheCount += 1
                return
            }
        }
    }

    /// What the lists of a cache hold; nil if their lengths differ from the cache's counts.
    private func bytes(
        of lists: [ThreadCacheLayout.List], _ layout: ThreadCacheLayout, isMangled: Bool,
        in image: borrowing MemoryImage
    ) -> Int? {
        var sum = 0
        var lengths: [Int] = []
        for list in lists {
            guard list.first != 0 else {
                lengths.append(0)
                continue
            }
            let size = list.index < ThreadCacheLayout.uniformListCount ? Self.chunkBytes(list: list.index) : nil
            guard
                let found = follow(
                    list.first, size: size, isMangled: isMangled, step: 0, limit: budget - sum, in: image)
            else { return nil }
            sum += found.bytes
            lengths.append(found.count)
        }
        return layout.agrees(lists, lengths: lengths) ? sum : nil
    }

    /// The number and the bytes of the chunks in a list that begins with the contents of one; nil if it leads astray.
    ///
    /// - Parameters:
    ///   - size: that of every chunk, if they have one.
    ///   - step: how far what the list leads to lies before a chunk's contents.
    private func follow(
        _ first: UInt64, size: Int?, isMangled: Bool, step: UInt64, limit: Int, in image: borrowing MemoryImage
    ) -> (count: Int, bytes: Int)? {
        let words = image.words.span
        var block = first
        var count = 0
        var bytes = 0
        var region: MemoryImage.Region?
        while true {
            let header = block &- 8
            // A list seldom leads from one heap to another.
            if region?.addresses.contains(header) != true { region = image.region(of: header) }
            guard block & 15 == 0, let region, region.addresses.contains(block) else { return nil }
            let index = region.firstWord + Int(header - region.addresses.lowerBound) / 8
            let chunk = words[index] & ~7
            guard chunk >= 32, chunk <= UInt64(limit - bytes), size.map({ UInt64($0) == chunk }) ?? true else {
                return nil
            }
            count += 1
            bytes += Int(chunk)
            let word = words[index + 1]
            let link = isMangled ? word ^ (block >> 12) : word
            if link == 0 { return (count, bytes) }
            block = link &+ step
        }
    }

    /// The size of all chunks in one of the lists.
    static func chunkBytes(list: Int) -> Int { (list + 2) * 16 }
}
