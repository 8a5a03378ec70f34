import Testing

@testable import ProcessResources

@Suite("Arenas of CPython")
struct PythonArenaTests {
    private static let address: UInt64 = 0x7F12_3456_0000

    /// A header of a pool with `count` objects of 32 bytes.
    private static func header(count: Int, poolBytes: Int, arena: Int = 3, alignment: Int = 16) -> [UInt64] {
        let size = 32
        return [
            UInt64(count), 0, 0, 0, UInt64(arena) | UInt64(size / alignment - 1) << 32,
            UInt64(48 + count * size) | UInt64(poolBytes - size) << 32,
        ]
    }

    @Test("the table is found in the chunk that malloc gave for it", arguments: [16, 32, 2048])
    func table(count: Int) throws {
        let size = count * 48 + 16
        #expect(PythonArenaTable.isPlausible(chunkBytes: UInt64(size)))
        #expect(PythonArenaTable.isPlausible(chunkBytes: UInt64(size + 16)))
        var contents = [UInt64](repeating: 0, count: count * 6)
        contents[18] = Self.address
        contents[19] = Self.address + 16384
        contents[20] = 62 | 64 << 32
        var builder = HeapBuilder()
        let start = builder.used(size, contents)
        builder.used(32)
        let (_, image) = try builder.finished()
        let table = try #require(PythonArenaTable(in: start..<start + UInt64(size - 16), of: image))
        #expect(
            table.arenas == [
                .init(index: 3, address: Self.address, unusedPools: Self.address + 16384, freePools: 62, totalPools: 64)
            ])
    }

    @Test("other sizes hold no table", arguments: [0, 16, 768, 816, 1040, 3 * 768 + 16, 4096 * 48 + 16])
    func otherSizes(size: Int) { #expect(!PythonArenaTable.isPlausible(chunkBytes: UInt64(size))) }

    @Test("pools are counted, in use and free", arguments: [16_384, 4096], [16, 8])
    func pools(poolBytes: Int, alignment: Int) throws {
        let arena = PythonArenaTable.Arena(
            index: 3, address: Self.address, unusedPools: Self.address + UInt64(2 * poolBytes), freePools: 63,
            totalPools: 64)
        let pages = poolBytes * 64 / 4096
        let states = (0..<pages).map { $0 < poolBytes / 4096 * 2 ? MemoryImage.PageState([.present, .held]) : [] }
        let residence = PythonArenaResidence(arena: arena, pageBytes: 4096, states: states)
        let pools = PythonPool.addresses(of: arena, poolBytes: UInt64(poolBytes))
        let headers =
            Self.header(count: 5, poolBytes: poolBytes, alignment: alignment)
            + Self.header(count: 0, poolBytes: poolBytes, alignment: alignment)
        let tally = try #require(residence.tally(pools, recorded: headers, poolBytes: poolBytes))
        #expect(tally.usedBytes == 160)
        #expect(tally.usedBlocks == 5)
        #expect(tally.freeBytes == 2 * (poolBytes - 48) - 160)
        #expect(residence.heldBytes == 2 * poolBytes)

        // Another number of free pools than the table says.
        let full = headers.prefix(6) + Self.header(count: 1, poolBytes: poolBytes, alignment: alignment)
        #expect(residence.tally(pools, recorded: Array(full), poolBytes: poolBytes) == nil)
    }

    @Test("what is no header is refused")
    func otherHeaders() {
        let valid = Self.header(count: 5, poolBytes: 4096)
        #expect(PythonPool(recorded: valid, poolBytes: 4096, arena: 3) != nil)
        #expect(PythonPool(recorded: valid, poolBytes: 16_384, arena: 3) == nil)
        #expect(PythonPool(recorded: valid, poolBytes: 4096, arena: 4) == nil)
        #expect(PythonPool(recorded: Array(valid.prefix(5)), poolBytes: 4096, arena: 3) == nil)
        let tooMany = Self.header(count: 127, poolBytes: 4096)
        #expect(PythonPool(recorded: tooMany, poolBytes: 4096, arena: 3) == nil)
    }
}

extension PythonPool {
    init?(recorded words: [UInt64], poolBytes: Int, arena: Int) {
        guard let pool = PythonPool(words.span, poolBytes: poolBytes, arena: arena) else { return nil }
        self = pool
    }
}

extension PythonArenaResidence {
    func tally(_ pools: [UInt64], recorded headers: [UInt64], poolBytes: Int) -> PythonTally? {
        tally(pools, headers.span, poolBytes: poolBytes)
    }
}
