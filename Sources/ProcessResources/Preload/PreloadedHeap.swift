/// What the library of ours that a process was started with has counted in it: exact, and of this moment.
public struct PreloadedHeap: Hashable, Sendable {
    /// Blocks that the malloc family has given out and not taken back.
    public var blocks: Int
    /// The bytes of those blocks that may be used.
    public var bytes: Int
    /// Anonymous mappings that the program itself has made; one of which a part was taken back may be two.
    public var mappings: Int
    /// The bytes of those mappings.
    public var mappedBytes: Int
    /// Bytes in memory of variables that began as zero, in which a program may keep a store of its own, as they were when the
    /// library was found.
    public var variableBytes = 0
    /// Whether a block was ever counted: a program with an allocator of its own has none.
    public var hasCounted = false
}

/// Where the library keeps its counters, as its first words say (preload.h).
struct PreloadPage: Hashable {
    static let wordCount = 10
    /// What the page begins with, "watertight heap", as words.
    static let magic: [UInt64] = [0x6769_7472_6574_6177, 0x0070_6165_6820_7468]

    /// Words of one shard: a cache line.
    static let shardWords = 8
    private static let (mostShards, mostMappings) = (4096, 1 << 20)
    /// Bits of a sum that count words of eight bytes; those above count blocks.
    private static let wordBits: UInt64 = 37
    /// Bits of a mapping that count its pages; those above are its first.
    private static let pageBits: UInt64 = 28
    /// In which mappings are counted, however large the kernel's pages are.
    static let mappingPageBytes = 4096

    var shards: UInt64
    var shardCount: Int
    var mappings: UInt64
    var mappingsUsed: Int
    var hasCounted: Bool

    /// Reads the first words; nil where they are no such page.
    init?(_ words: [UInt64]) {
        guard words.count >= Self.wordCount, Array(words[..<2]) == Self.magic, words[2] > 0,
            words[2] <= Self.mostShards,
            words[6] <= min(words[5], UInt64(Self.mostMappings))
        else { return nil }
        shardCount = Int(words[2])
        shards = words[3]
        mappings = words[4]
        mappingsUsed = Int(words[6])
        hasCounted = words[9] > 0
    }

    /// The first page and the pages of an entry; nil where it is free.
    static func mapping(_ entry: UInt64) -> (page: UInt64, count: Int)? {
        entry == 0 ? nil : (entry >> pageBits, Int(entry & (1 << pageBits - 1)))
    }

    /// What the counters come to.
    ///
    /// A block may be freed by another thread than has allocated it, so that only the sum of all shards is meaningful, modulo
    /// 2^64.
    static func heap(shards: [UInt64], mappings: [UInt64]) -> PreloadedHeap {
        var (small, largeBlocks, largeBytes): (UInt64, UInt64, UInt64) = (0, 0, 0)
        for start in stride(from: 0, to: shards.count - shardWords + 1, by: shardWords) {
            small &+= shards[start]
            largeBlocks &+= shards[start + 1]
            largeBytes &+= shards[start + 2]
        }
        let words = small & (1 << wordBits - 1)
        let live = mappings.compactMap(mapping)
        let pages = live.reduce(0) { $0 + $1.count }
        return PreloadedHeap(
            blocks: Int(truncatingIfNeeded: small >> wordBits &+ largeBlocks),
            bytes: Int(truncatingIfNeeded: words &* 8 &+ largeBytes),
            mappings: live.count, mappedBytes: pages * mappingPageBytes)
    }
}
