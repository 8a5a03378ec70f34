import Testing

@testable import ProcessResources

@Suite("/proc/PID/smaps")
struct MemoryMappingTests {
    private static let recorded = """
        55ce476ff000-55ce47720000 rw-p 00000000 00:00 0                          [heap]
        Size:                132 kB
        Private_Dirty:        12 kB
        Swap:                  4 kB
        SwapPss:               4 kB
        7f0000000000-7f0000021000 rw-p 00000000 00:00 0
        Private_Dirty:         8 kB
        7f0000021000-7f0000031000 rw-p 001d2000 fe:00 1234                       /lib/x y/libc.so.6
        7f0000031000-7f0000041000 rw-s 00000000 00:01 5                          /dev/zero (deleted)
        7f0000041000-7f0000051000 r-xp 00000000 fe:00 1235                       /usr/bin/python3.11
        7f0000051000-7f0000061000 rw-p 00000000 00:00 0                          [anon: glibc: malloc arena]
        7ffc1d599000-7ffc1d5ba000 rw-p 00000000 00:00 0                          [stack]
        7ffc1d5ca000-7ffc1d5cc000 r-xp 00000000 00:00 0                          [vdso]

        """

    @Test("mappings are told apart by what lies behind them")
    func kinds() {
        let text = Array(Self.recorded.utf8)
        var list = MemoryMappingList()
        forEachLine(in: text.span) { list.add($0) }
        let mappings = list.mappings
        #expect(mappings.map(\.isPrivateAnonymous) == [true, true, false, false, false, true, true, false])
        #expect(mappings[0].backing == .heap)
        #expect(mappings[0].addresses == 0x55ce_476f_f000..<0x55ce_4772_0000)
        #expect(mappings.map(\.privateBytes) == [16384, 8192, 0, 0, 0, 0, 0, 0])
        #expect(mappings.filter(\.isOfCLibrary).count == 1)
        #expect(mappings[2].mayHoldVariables && !mappings[3].mayHoldVariables && !mappings[4].mayHoldVariables)
        #expect(mappings.filter(\.isOfPython).count == 1)
    }

    @Test("other lines begin no mapping", arguments: ["", "Rss: 12 kB", "55-", "9-8 rw-p 0 0 0", "8-9 rw", "8-9"])
    func otherLines(text: String) {
        let bytes = Array(text.utf8)
        #expect(MemoryMapping(line: bytes.span) == nil)
    }

    @Test(
        "an entry of the page map",
        arguments: [
            (0, []), (1 << 63, [.present]), (1 << 63 | 1 << 56, [.present, .held]), (1 << 62, [.present, .held]),
        ] as [(UInt64, MemoryImage.PageState)])
    func pageMap(entry: UInt64, state: MemoryImage.PageState) {
        #expect(MemoryImage.PageState(pagemap: entry) == state)
    }

    @Test("what lies between ranges")
    func gaps() {
        let range: Range<UInt64> = 10..<20
        #expect(range.gaps(between: []) == [10..<20])
        #expect(range.gaps(between: [0..<5, 12..<14, 18..<30]) == [10..<12, 14..<18])
        #expect(range.gaps(between: [5..<25]) == [])
    }

    @Test("a block mapped on its own")
    func blocks() {
        #expect(MappedBlocks.bytes(0, 8192 | 2, pageBytes: 4096) == 8192)
        #expect(MappedBlocks.bytes(0, 8176 | 2, pageBytes: 4096) == 8192)
        for (offset, header) in [(16, 8194), (0, 8193), (0, 8195), (0, 2), (0, 8210), (0, 1 << 50 | 2)]
            as [(UInt64, UInt64)]
        {
            #expect(MappedBlocks.bytes(offset, header, pageBytes: 4096) == nil)
        }
    }
}
