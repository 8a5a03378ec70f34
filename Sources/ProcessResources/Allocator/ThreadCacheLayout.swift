/// How `struct tcache_perthread_struct` keeps its lists of free blocks.
struct ThreadCacheLayout {
    /// One list: where its first block is, and the cache's count.
    struct List: Hashable {
        var index: Int
        var number: Int
        /// The contents of the first block; 0 in an empty list.
        var first: UInt64
    }

    /// Lists before these are of blocks of one size each.
    static let uniformListCount = 64

    private let listCount: Int
    private let numberBytes: Int
    /// Whether the counts are of blocks that a list may still take, instead of those it has.
    let countsRoom: Bool

    /// From 2.42 on, from 2.30 on, and before.
    static let known = [
        ThreadCacheLayout(listCount: 76, numberBytes: 2, countsRoom: true),
        ThreadCacheLayout(listCount: 64, numberBytes: 2, countsRoom: false),
        ThreadCacheLayout(listCount: 64, numberBytes: 1, countsRoom: false),
    ]
    /// The sizes of chunks that hold a cache.
    static let chunkBytes: [UInt64] = known.map(\.chunkBytes)

    private var numberWords: Int { listCount * numberBytes / 8 }
    private var chunkBytes: UInt64 { UInt64((numberWords + listCount) * 8 + 8 + 15) & ~15 }

    private init(listCount: Int, numberBytes: Int, countsRoom: Bool) {
        self.listCount = listCount
        self.numberBytes = numberBytes
        self.countsRoom = countsRoom
    }

    /// All lists of the cache at `address`; nil if the chunk has another size, or if every list is empty.
    func read(at address: UInt64, in image: borrowing MemoryImage) -> [List]? {
        guard let header = image.wordIndex(address &- 8, count: numberWords + listCount + 1),
            image.words[header] & ~7 == chunkBytes
        else { return nil }
        let lists = (0..<listCount).map { list in
            let position = list * numberBytes
            let word = image.words[header + 1 + position / 8] >> UInt64(position % 8 * 8)
            return List(
                index: list, number: Int(word & (1 << UInt64(numberBytes * 8) - 1)),
                first: image.words[header + 1 + numberWords + list])
        }
        return lists.contains { $0.first != 0 } ? lists : nil
    }

    /// Whether the lists have as many blocks as the cache says, given the length of each.
    func agrees(_ lists: [List], lengths: [Int]) -> Bool {
        guard countsRoom else { return zip(lists, lengths).allSatisfy { $0.number == $1 } }
        // Every list takes as many as the others.
        let capacity = lists[0].number + lengths[0]
        return zip(lists, lengths).prefix(Self.uniformListCount).allSatisfy { $0.number + $1 == capacity }
    }
}
