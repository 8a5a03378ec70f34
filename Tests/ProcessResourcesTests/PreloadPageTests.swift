import Testing

@testable import ProcessResources

@Suite("The page of a preloaded library")
struct PreloadPageTests {
    private static func words(_ changes: [Int: UInt64] = [:]) -> [UInt64] {
        var words = PreloadPage.magic + [2, 0x7000, 0x8000, 65_536, 3, 0, 1, 5]
        for (index, word) in changes { words[index] = word }
        return words
    }

    @Test func header() throws {
        let page = try #require(PreloadPage(Self.words()))
        #expect(page.shards == 0x7000 && page.shardCount == 2)
        #expect(page.mappings == 0x8000 && page.mappingsUsed == 3)
        #expect(page.hasCounted)
        #expect(try #require(PreloadPage(Self.words([9: 0]))).hasCounted == false)
    }

    @Test(
        "what is no such page, or cannot be one, is none", arguments: [[0: 1], [1: 1], [2: 0], [2: 5000], [6: 70_000]])
    func refused(changes: [Int: UInt64]) {
        #expect(PreloadPage(Self.words(changes)) == nil)
        #expect(PreloadPage(Array(Self.words().dropLast())) == nil)
    }

    /// So many blocks of so many bytes, as one shard has them.
    private static func shard(_ blocks: Int, _ bytes: Int, large: (Int, Int) = (0, 0)) -> [UInt64] {
        let small = UInt64(bitPattern: Int64(blocks)) &* (1 << 37) &+ UInt64(bitPattern: Int64(bytes / 8))
        return [small, UInt64(bitPattern: Int64(large.0)), UInt64(bitPattern: Int64(large.1)), 0, 0, 0, 0, 0]
    }

    @Test("the sum over all shards holds, whichever of them is below nothing")
    func shards() {
        let heap = PreloadPage.heap(
            shards: Self.shard(-900, -90_000, large: (2, 8 << 30)) + Self.shard(1000, 104_000, large: (-1, -(4 << 30))),
            mappings: [])
        #expect(heap == PreloadedHeap(blocks: 101, bytes: 14_000 + (4 << 30), mappings: 0, mappedBytes: 0))
    }

    @Test("openers are the stacks whose numbers descriptors have, where these are whole")
    func openers() throws {
        var stack = [UInt64](repeating: 0, count: 32)
        stack[4] = 2
        stack[6] = 0xA
        stack[7] = 0xB
        let tables = try #require(TraceTables([1, 1, 1, 0, 0x9000]))
        #expect(tables.openers == 0x9000)
        #expect(tables.openers(stacks: stack, owners: [0, 1, 0, 2]) == [1: [0xA, 0xB]])
        stack[4] = 27
        #expect(tables.openers(stacks: stack, owners: [1]).isEmpty)
    }

    @Test("mappings are those that are not free")
    func mappings() {
        let heap = PreloadPage.heap(shards: [], mappings: [0x7FFF_F7A0_0 << 28 | 3, 0, 0x7FFF_F7B0_0 << 28 | 1])
        #expect(heap == PreloadedHeap(blocks: 0, bytes: 0, mappings: 2, mappedBytes: 16_384))
    }
}
