/// How `struct tcache_perthread_struct` counts the blocks in its 64 lists.
struct ThreadCacheLayout {
    /// One list: how many blocks it has and where the first is.
    struct List: Hashable {
        var index: Int
        var count: Int
        var first: UInt64
    }

    private static let listCount = 64

    /// The bytes of each count.
    private let countBytes: Int

    /// From 2.30 on, and before.
    static let known = [ThreadCacheLayout(countBytes: 2), ThreadCacheLayout(countBytes: 1)]
    /// The sizes of chunks that hold a cache.
    static let chunkBytes: [UInt64] = known.map { UInt64(listCount * ($0.countBytes + 8) + 16) }

    private init(countBytes: Int) { self.countBytes = countBytes }

    /// The lists that are not empty; nil where there are none, or where a count and its list contradict each other.
    func read(at address: UInt64, in image: borrowing MemoryImage) -> [List]? {
        let countWords = Self.listCount * countBytes / 8
        let wordCount = countWords + Self.listCount
        guard let header = image.wordIndex(address &- 8, count: wordCount + 1),
            image.words[header] & ~7 == UInt64(wordCount * 8 + 16)
        else { return nil }
        let index = header + 1
        var lists: [List] = []
        for list in 0..<Self.listCount {
            let position = list * countBytes
            let word = image.words[index + position / 8]
            let count = Int(word >> UInt64(position % 8 * 8) & (1 << UInt64(countBytes * 8) - 1))
            let first = image.words[index + countWords + list]
            guard (count == 0) == (first == 0) else { return nil }
            if count > 0 { lists.append(List(index: list, count: count, first: first)) }
        }
        return lists.isEmpty ? nil : lists
    }
}
