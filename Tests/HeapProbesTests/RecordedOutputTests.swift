import Testing

@testable import HeapProbes

@Suite("Recorded outputs")
struct RecordedOutputTests {
    @Test("the last line of a class histogram")
    func histogram() {
        let text = """
            4764:
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:          8196        1348392  [B (java.base@17.0.15)
             189:             1             16  sun.net.www.protocol.jar.Handler (java.base@17.0.15)
            Total         24280        2081584
            """
        #expect(HistogramProbe.totalBytes(text) == 2_081_584)
        #expect(HistogramProbe.totalBytes("4764:\njava.lang.Exception: Total collapse\n") == nil)
    }

    static let report = """
        <malloc version="1">
        <heap nr="0">
        <sizes>
          <size from="33" to="48" total="48" count="1"/>
        </sizes>
        <total type="fast" count="1" size="48"/>
        <total type="rest" count="1" size="125744"/>
        <system type="current" size="135168"/>
        </heap>
        <heap nr="1">
        <total type="fast" count="0" size="0"/>
        <total type="rest" count="2" size="1000"/>
        <system type="current" size="4096"/>
        </heap>
        <total type="fast" count="1" size="48"/>
        <total type="rest" count="3" size="126744"/>
        <total type="mmap" count="1" size="1003520"/>
        <system type="current" size="139264"/>
        <system type="max" size="139264"/>
        <aspace type="total" size="139264"/>
        <aspace type="mprotect" size="139264"/>
        </malloc>

        """

    @Test("what is in use over all arenas, among what else gdb prints")
    func allocator() {
        let live = 139_264.0 - 48 - 126_744 + 1_003_520
        #expect(AllocatorProbe.liveBytes(Self.report) == live)
        #expect(AllocatorProbe.liveBytes("29\t../pause.c\n$1 = 0\n" + Self.report + "$3 = 0\n") == live)
    }

    @Test("a report that was cut is refused")
    func cut() throws {
        let end = try #require(Self.report.firstRange(of: "</malloc>")).lowerBound
        #expect(AllocatorProbe.liveBytes(String(Self.report[..<end])) == nil)
        #expect(AllocatorProbe.liveBytes("") == nil)
    }
}
