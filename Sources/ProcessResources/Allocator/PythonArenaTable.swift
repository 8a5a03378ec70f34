/// CPython's table of the arenas from which it cuts small objects: `struct arena_object` of Objects/obmalloc.c.
///
/// CPython allocates the table with malloc, with room for 16 arenas at first, and doubles it from then on.
struct PythonArenaTable: Hashable {
    /// A stretch of memory that the table lists.
    struct Arena: Hashable {
        var index: Int
        /// Where it begins, at a page.
        var address: UInt64
        /// Where the pools that were never used begin.
        var unusedPools: UInt64
        var freePools: Int
        var totalPools: Int
    }

    private(set) var arenas: [Arena] = []

    static let poolsOfArena = 64
    private static let entryBytes: UInt64 = 48
    private static let firstCount: UInt64 = 16
    /// The table of 4,096 arenas is the first that malloc maps on its own.
    private static let countLimit: UInt64 = 2048
    /// The largest arena, of 3.10 and later.
    private static let largestArena: UInt64 = 1 << 20
    private static let pageMask: UInt64 = 4095

    /// Whether a chunk of this size may hold a table: malloc adds a word and rounds up, or leaves too little to split.
    static func isPlausible(chunkBytes size: UInt64) -> Bool {
        guard size & 255 == 16 || size & 255 == 32 else { return false }
        let first = entryBytes * firstCount
        let contents = size & ~255
        guard contents >= first, contents % first == 0 else { return false }
        let multiple = contents / first
        return multiple & (multiple - 1) == 0 && multiple * firstCount <= countLimit
    }

    /// Reads the table that fills `contents`; nil if that is not one, or lists no arena.
    init?(in contents: Range<UInt64>, of image: borrowing MemoryImage) {
        let bytes = contents.upperBound - contents.lowerBound
        let count = Int(bytes / Self.entryBytes / Self.firstCount * Self.firstCount)
        guard count > 0, let first = image.wordIndex(contents.lowerBound, count: Int(bytes / 8)) else { return nil }
        for index in 0..<count {
            let word = first + index * Int(Self.entryBytes) / 8
            if image.words[word] == 0 { continue }
            guard let arena = Self.arena(index, image.words.span.extracting(word..<word + 3)) else { return nil }
            arenas.append(arena)
        }
        guard !arenas.isEmpty else { return nil }
    }

    private static func arena(_ index: Int, _ entry: Span<UInt64>) -> Arena? {
        let address = entry[0]
        let unused = entry[1]
        let free = Int(entry[2] & 0xFFFF_FFFF)
        let total = Int(entry[2] >> 32)
        // An arena that does not begin at a multiple of a pool's size has one pool fewer.
        guard address & pageMask == 0, address < 1 << 47, unused >= address, unused - address <= largestArena,
            free <= total, (poolsOfArena - 1...poolsOfArena).contains(total)
        else { return nil }
        return Arena(index: index, address: address, unusedPools: unused, freePools: free, totalPools: total)
    }
}
