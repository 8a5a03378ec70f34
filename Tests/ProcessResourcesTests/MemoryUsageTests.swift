import ProcessResources
import Testing

@Suite("/proc/PID/smaps_rollup")
struct MemoryUsageTests {
    static let recorded: String = """
        55ce476ff000-7ffc1d599000 ---p 00000000 00:00 0                          [rollup]
        Rss:                1696 kB
        Pss:                 534 kB
        Pss_Dirty:           112 kB
        Pss_Anon:            112 kB
        Shared_Clean:       1492 kB
        Shared_Dirty:          0 kB
        Private_Clean:        92 kB
        Private_Dirty:       112 kB
        Referenced:         1696 kB
        Anonymous:           110 kB
        Swap:                  8 kB
        SwapPss:               5 kB
        Locked:                0 kB

        """

    @Test("every amount is in bytes")
    func amounts() throws {
        let usage = try MemoryUsage(recorded: Self.recorded)
        #expect(
            usage
                == MemoryUsage(
                    residentBytes: 1696 * 1024, proportionalBytes: 534 * 1024, privateCleanBytes: 92 * 1024,
                    privateDirtyBytes: 112 * 1024, anonymousBytes: 110 * 1024, swapBytes: 8 * 1024))
        #expect(usage.privateBytes == 120 * 1024)
    }

    @Test("the mappings of smaps add up")
    func sum() throws {
        let once = try MemoryUsage(recorded: Self.recorded)
        let twice = try MemoryUsage(recorded: (Self.recorded + Self.recorded))
        #expect(twice == once + once)
    }

    @Test("a kernel without swap prints none")
    func noSwap() throws {
        let text = Self.recorded.replacing("Swap:                  8 kB\n", with: "")
        #expect(try MemoryUsage(recorded: text).swapBytes == 0)
    }

    @Test(
        "a missing or damaged amount is refused",
        arguments: [
            ("", "no line Rss:"),
            (recorded.replacing("Private_Dirty:       112 kB\n", with: ""), "no line Private_Dirty:"),
            (recorded.replacing("Private_Dirty:       112 kB", with: "Private_Dirty:       11"), "Private_Dirty:"),
            (recorded.replacing("Rss:                1696", with: "Rss: 99999999999999999999"), "Rss:"),
            (recorded.replacing("Anonymous:           110", with: "Anonymous:          -110"), "Anonymous:"),
        ])
    func damage(text: String, detail: String) {
        let failure = #expect(throws: ParseFailure.self) { try MemoryUsage(recorded: text) }
        #expect(failure?.detail.contains(detail) == true)
    }

    @Test("the high-water mark is optional")
    func highWaterMark() {
        #expect(MemoryUsage.highWaterMarkBytes(recorded: "Name:\tx\nVmHWM:\t    1696 kB\n") == 1_736_704)
        #expect(MemoryUsage.highWaterMarkBytes(recorded: "Name:\tkthreadd\n") == nil)
        var left = MemoryUsage.zero
        left.highWaterMarkBytes = 3
        #expect((left + .zero).highWaterMarkBytes == 3)
        #expect((MemoryUsage.zero + left).highWaterMarkBytes == 3)
        #expect((left + left).highWaterMarkBytes == 6)
    }
}
