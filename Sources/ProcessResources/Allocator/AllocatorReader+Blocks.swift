extension AllocatorReader {
    /// How many pages are read together, and the most such reads of a reading.
    private static let window = 64
    private static let windowLimit = 1024
    /// The most pages of one mapping that are searched: 256 MiB.
    private static let pageLimit = 65_536

    /// Bytes in blocks that malloc has mapped individually, by its own account; if that is not found, by searching.
    mutating func mappedBytes(
        _ arenas: [(address: UInt64, state: GlibcArena)], _ heaps: [GlibcHeap], _ mappings: [MemoryMapping]
    ) throws(AttemptFailure) -> Int? {
        let main = arenas[0].state
        if location?.parameters == nil, !main.isUnused {
            guard let mapping = mappings.first(where: { $0.addresses.contains(main.bins) }),
                let end = heaps.first(where: { $0.top == main.top })?.end
            else { return nil }
            let words = try variables(mapping)
            location?.findParameters(
                in: words.span, at: mapping.addresses.lowerBound, heapStart: end - main.systemBytes)
        }
        guard let parameters = location?.parameters else { return nil }
        let words = try attempting { () throws(MemoryReadFailure) in try memory.words(at: parameters, count: 1) }
        guard let bytes = Int(exactly: words[0]), bytes % image.pageBytes == 0 else {
            throw .again("blocks mapped on their own of \(words[0]) B together")
        }
        return bytes
    }

    /// Finds the blocks that malloc has mapped individually, outside of `known`, until they add up to `most` bytes.
    func mappedBlocks(
        in mappings: [MemoryMapping], besides known: [Range<UInt64>], atMost most: Int, _ pageMap: borrowing PageMap
    ) throws(AttemptFailure) -> MappedBlocks {
        var found = MappedBlocks()
        var windows = Self.windowLimit
        let known = known.sorted { $0.lowerBound < $1.lowerBound }
        for mapping in mappings
        where mapping.backing == .anonymous && mapping.isPrivateAnonymous && mapping.privateBytes > 0 {
            for gap in mapping.addresses.gaps(between: known) where found.bytes < most && windows > 0 {
                let limit = UInt64(Self.pageLimit * image.pageBytes)
                let range = gap.lowerBound..<min(gap.upperBound, gap.lowerBound + limit)
                try addBlocks(in: range, atMost: most, states(of: range, in: pageMap), &windows, to: &found)
            }
        }
        return found
    }

    private func addBlocks(
        in range: Range<UInt64>, atMost most: Int, _ states: [MemoryImage.PageState], _ windows: inout Int,
        to found: inout MappedBlocks
    ) throws(AttemptFailure) {
        let page = UInt64(image.pageBytes)
        var index = 0
        while index < states.count, windows > 0, found.bytes < most {
            windows -= 1
            let pages = (index..<min(index + Self.window, states.count)).filter { states[$0].contains(.present) }
            index += Self.window
            guard let headers = try headers(at: pages.map { range.lowerBound + UInt64($0) * page }, wordCount: 2)
            else { continue }
            for (position, first) in pages.enumerated() {
                let room = Int(range.upperBound - range.lowerBound) - first * image.pageBytes
                guard
                    let bytes = MappedBlocks.bytes(
                        headers[position * 2], headers[position * 2 + 1], pageBytes: image.pageBytes),
                    bytes <= min(room, most - found.bytes)
                else { continue }
                let end = first + bytes / image.pageBytes
                found.bytes += bytes
                found.heldBytes += states[first..<end].count { $0.contains(.held) } * image.pageBytes
                // The block's content may look like a header.
                index = end
                break
            }
        }
    }

    /// The first words at each address, in order; nil if some are not there.
    func headers(at addresses: [UInt64], wordCount: Int) throws(AttemptFailure) -> [UInt64]? {
        var words = [UInt64](repeating: 0, count: addresses.count * wordCount)
        let pieces = addresses.enumerated().map { index, address in
            ProcessMemory.Piece(address: address, wordCount: wordCount, destination: index * wordCount)
        }
        do {
            try memory.copy(pieces, into: &words)
        } catch {
            if error == .unmapped { return nil }
            throw error.consequence(pid: process.pid)
        }
        return words
    }
}
