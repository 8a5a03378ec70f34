@testable import ProcessResources

/// Builds the memory of a heap chunk by chunk, as glibc's malloc leaves it.
struct HeapBuilder {
    static let pageBytes = 4096
    static let base: UInt64 = 0x5555_0000_0000

    private(set) var words: [UInt64] = []
    private var followsUsed = true

    /// Where the next chunk begins.
    var next: UInt64 { Self.base + UInt64(words.count * 8) }

    /// Adds a chunk in use that contains `contents`, and returns the address of those.
    @discardableResult
    mutating func used(_ size: Int, _ contents: [UInt64] = []) -> UInt64 {
        let address = next + 16
        append(size)
        let start = words.count - size / 8 + 2
        // The last word of a block may lie in the next chunk, which is not there yet.
        for (index, word) in contents.prefix(size / 8 - 2).enumerated() { words[start + index] = word }
        return address
    }

    /// Adds a free chunk.
    mutating func free(_ size: Int) {
        append(size)
        followsUsed = false
        freeSize = size
    }

    private var freeSize = 0

    private mutating func append(_ size: Int) {
        var chunk = [UInt64](repeating: 0, count: size / 8)
        if !followsUsed { chunk[0] = UInt64(freeSize) }
        chunk[1] = UInt64(size) | (followsUsed ? 1 : 0)
        followsUsed = true
        words += chunk
    }

    /// Ends the heap with a top that fills the page, and returns it with its image.
    func finished() throws -> (heap: GlibcHeap, image: MemoryImage) {
        var builder = self
        let filled = words.count * 8
        let end = (filled + 32 + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes
        let top = builder.next
        builder.append(end - filled)
        let heap = GlibcHeap(
            pages: Self.base..<Self.base + UInt64(end), firstChunk: Self.base, top: top, headerBytes: 0)
        return (heap, try Self.image(builder.words))
    }

    /// The image of words from the base on, all pages held.
    static func image(_ words: [UInt64]) throws -> MemoryImage {
        var image = MemoryImage(pageBytes: pageBytes)
        let pages = words.count * 8 / pageBytes
        image.removeAll(reserving: words.count * 8)
        _ = try image.append(
            base..<base + UInt64(words.count * 8),
            pages: [MemoryImage.PageState](repeating: [.present, .held], count: pages))
        image.words.replaceSubrange(0..<words.count, with: words)
        return image
    }
}
