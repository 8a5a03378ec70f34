import Testing

@testable import ProcessResources

@Suite("What the library charges to stacks")
struct TracedAllocationsTests {
    private static func record(_ blocks: Int, bytes: Int, size: UInt64, depth: UInt64, _ addresses: [UInt64])
        -> [UInt64]
    {
        let words = [1, UInt64(blocks), UInt64(bytes), size, depth, 0] + addresses
        return words + [UInt64](repeating: 0, count: 32 - words.count)
    }

    @Test("the tables of blocks and of mappings")
    func tables() throws {
        let tables = try #require(TraceTables([4096, 8192, 4, 7, 0]))
        let words =
            Self.record(3, bytes: 360, size: 113, depth: 2, [10, 20])
            + Self.record(2, bytes: 100, size: .max, depth: 1, [30])
            + Self.record(0, bytes: 0, size: 9, depth: 1, [40]) + Self.record(0, bytes: 0, size: 0, depth: 1, [50])
        let found = tables.allocations(
            stacks: words, mappings: [(1, 4), nil, (9, 4), (20, 1)], owners: [4, 4, 4, 0]
        ) { page, _ in page == 1 ? 4096 : 0 }
        #expect(found.lost == 7)
        #expect(
            found.stacks == [
                .init(addresses: [10, 20], areMappings: false, count: 3, bytes: 360, size: 112),
                .init(addresses: [30], areMappings: false, count: 2, bytes: 100, size: nil),
                .init(addresses: [50], areMappings: true, count: 2, bytes: 4096, size: 16_384),
            ])
    }

    @Test("no tables, more stacks than there are, and a record that is being written")
    func torn() throws {
        #expect(TraceTables([0, 0, 0, 0, 0]) == nil && TraceTables([1, 1]) == nil)
        #expect(try #require(TraceTables([1, 1, 1 << 20, 0, 0])).stackCount == 65_536)
        let tables = try #require(TraceTables([1, 1, 2, 0, 0]))
        let words = Self.record(1, bytes: 8, size: 9, depth: 27, [1]) + [1, 2, 3]
        #expect(tables.allocations(stacks: words, mappings: [], owners: []) { _, _ in 0 }.stacks.isEmpty)
    }

    @Test("addresses are told by their place in a file")
    func code() {
        let text = """
            00400000-00401000 r--p 00000000 fe:00 10    /srv/fixed
            00401000-00402000 r-xp 00001000 fe:00 10    /srv/fixed
            01000000-01021000 rw-p 00000000 00:00 0     [heap]
            7f0000000000-7f0000001000 r--p 00000000 fe:00 11    /lib/lib a.so
            7f0000001000-7f0000003000 r-xp 00001000 fe:00 11    /lib/lib a.so

            """
        let map = CodeMap(text: Array(text.utf8)) { $0 == 0x400000 }
        #expect(map.place(of: 0x401234) == .init(file: "/srv/fixed", address: 0x401234))
        #expect(map.place(of: 0x7f0000001010) == .init(file: "/lib/lib a.so", address: 0x1010))
        #expect(map.place(of: 0x1000010) == nil && map.place(of: 0x10) == nil && map.place(of: .max) == nil)
    }
}
