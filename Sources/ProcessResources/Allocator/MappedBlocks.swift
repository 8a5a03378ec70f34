/// Blocks that malloc has mapped individually.
struct MappedBlocks: Hashable {
    var bytes = 0
    /// The part in pages that the process holds.
    var heldBytes = 0

    private static let isMapped: UInt64 = 2
    private static let flags: UInt64 = 7

    /// From 2.43 on, the size leaves out the block's own two words.
    private static let headerBytes: UInt64 = 16

    /// The size of the block that begins with these two words, a multiple of a page; nil if none does.
    ///
    /// Specially aligned blocks may not begin at a page and are not found.
    static func bytes(_ offset: UInt64, _ header: UInt64, pageBytes: Int) -> Int? {
        let stated = header & ~flags
        let size = stated % UInt64(pageBytes) == 0 ? stated : stated &+ headerBytes
        guard offset == 0, header & flags == isMapped, size > 0, size < 1 << 47, size % UInt64(pageBytes) == 0 else {
            return nil
        }
        return Int(size)
    }
}

extension Range<UInt64> {
    /// The parts of the range that lie outside of `others`, which are in order and apart.
    func gaps(between others: [Range<UInt64>]) -> [Range<UInt64>] {
        var gaps: [Range<UInt64>] = []
        var start = lowerBound
        for other in others where other.upperBound > start && other.lowerBound < upperBound {
            if other.lowerBound > start { gaps.append(start..<other.lowerBound) }
            start = Swift.max(start, other.upperBound)
        }
        if start < upperBound { gaps.append(start..<upperBound) }
        return gaps
    }
}
