/// Pieces of a process's memory, copied word by word, and found by the addresses they have there.
struct MemoryImage {
    /// The state of a page.
    struct PageState: OptionSet, Hashable {
        let rawValue: UInt8
        /// In memory or in swap; any other page reads as zeros.
        static let present = PageState(rawValue: 1)
        /// Held by this process alone, so that writing to it does not make the process grow.
        static let held = PageState(rawValue: 2)
    }

    /// A piece that begins and ends at a page.
    struct Region: Hashable {
        let addresses: Range<UInt64>
        let firstWord: Int
        let firstPage: Int
    }

    let pageBytes: Int
    private(set) var regions: [Region] = []
    private(set) var pages: [PageState] = []
    /// The words of all regions; some more may follow, from an earlier and larger image.
    var words: [UInt64] = []
    private(set) var wordCount = 0

    init(pageBytes: Int) { self.pageBytes = pageBytes }

    /// Forgets the regions, and makes or keeps the room for the next ones.
    mutating func removeAll(reserving bytes: Int) {
        regions.removeAll(keepingCapacity: true)
        pages.removeAll(keepingCapacity: true)
        wordCount = 0
        if words.count < bytes / 8 { words = [UInt64](repeating: 0, count: bytes / 8) }
    }

    /// Adds a region above all others and clears the pages that are not there; the caller fills in the rest.
    mutating func append(_ addresses: Range<UInt64>, pages states: [PageState]) throws(Contradiction) -> Region {
        let bytes = Int(addresses.upperBound - addresses.lowerBound)
        guard bytes == states.count * pageBytes, addresses.lowerBound % UInt64(pageBytes) == 0,
            regions.last.map({ $0.addresses.upperBound <= addresses.lowerBound }) ?? true
        else { throw Contradiction("heaps overlap") }
        let region = Region(addresses: addresses, firstWord: wordCount, firstPage: pages.count)
        let pageWords = pageBytes / 8
        wordCount += states.count * pageWords
        if words.count < wordCount { words.append(contentsOf: repeatElement(0, count: wordCount - words.count)) }
        for (index, state) in states.enumerated() where !state.contains(.present) {
            let start = region.firstWord + index * pageWords
            for word in start..<start + pageWords { words[word] = 0 }
        }
        regions.append(region)
        pages.append(contentsOf: states)
        return region
    }

    /// The region in which `address` lies.
    func region(of address: UInt64) -> Region? {
        var low = 0
        var high = regions.count
        while low < high {
            let middle = (low + high) / 2
            if regions[middle].addresses.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        guard low < regions.count, regions[low].addresses.contains(address) else { return nil }
        return regions[low]
    }

    /// The index of the word at `address`; nil if it was not copied or is not aligned.
    func wordIndex(_ address: UInt64) -> Int? {
        guard address & 7 == 0, let region = region(of: address) else { return nil }
        return region.firstWord + Int(address - region.addresses.lowerBound) / 8
    }

    /// The index of the first of `count` words from `address` on; nil unless all of them were copied.
    func wordIndex(_ address: UInt64, count: Int) -> Int? {
        guard address & 7 == 0, let region = region(of: address),
            UInt64(count) * 8 <= region.addresses.upperBound - address
        else { return nil }
        return region.firstWord + Int(address - region.addresses.lowerBound) / 8
    }

    /// The word at `address`; nil if it was not copied or is not aligned.
    func word(_ address: UInt64) -> UInt64? { wordIndex(address).map { words[$0] } }

    /// How many of the addresses lie in pages that the process holds alone; they must lie within one region.
    func heldBytes(in range: Range<UInt64>) -> Int {
        guard !range.isEmpty, let region = region(of: range.lowerBound) else { return 0 }
        let page = UInt64(pageBytes)
        var address = range.lowerBound
        let end = min(range.upperBound, region.addresses.upperBound)
        var bytes = 0
        while address < end {
            let index = Int((address - region.addresses.lowerBound) / page)
            let next = min(end, region.addresses.lowerBound + UInt64(index + 1) * page)
            if pages[region.firstPage + index].contains(.held) { bytes += Int(next - address) }
            address = next
        }
        return bytes
    }
}
