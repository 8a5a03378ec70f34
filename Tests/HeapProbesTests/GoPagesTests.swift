import Testing

@testable import HeapProbes

@Suite("The pages of net/http/pprof")
struct GoPagesTests {
    @Test(
        "a server's own, or what a URL names; the page of goroutines lies beside that of the heap",
        arguments: [
            ("/", "/debug/pprof/", "heap?gc=1&debug=1", "goroutine?debug=1"),
            ("/debug/pprof", "/debug/pprof/", "heap?gc=1&debug=1", "goroutine?debug=1"),
            ("/debug/pprof/", "/debug/pprof/", "heap?gc=1&debug=1", "goroutine?debug=1"),
            ("/debug/pprof/heap", "/debug/pprof/", "heap?gc=1&debug=1", "goroutine?debug=1"),
            ("/a/allocs?debug=0&gc=2&seconds=1", "/a/", "allocs?gc=1&debug=1&seconds=1", "goroutine?debug=1&seconds=1"),
            ("/a/pprof/?key=x", "/a/pprof/", "heap?gc=1&debug=1&key=x", "goroutine?debug=1&key=x"),
            ("/heap", "/", "heap?gc=1&debug=1", "goroutine?debug=1"),
            ("?", "/debug/pprof/", "heap?gc=1&debug=1", "goroutine?debug=1"),
        ])
    func places(path: String, folder: String, heap: String, goroutines: String) throws {
        let pages = try GoPages(HTTPLocation("http://[::1]:6060\(path)"))
        #expect("\(pages)" == "http://[::1]:6060\(folder)")
        #expect("\(pages.heap)" == "http://[::1]:6060\(folder)\(heap)")
        #expect("\(pages.goroutines)" == "http://[::1]:6060\(folder)\(goroutines)")
    }

    /// As Go 1.19 prints them, cut.
    static let heap = """
        heap profile: 3: 4096 [10: 8192] @ heap/1048576
        1: 1024 [1: 1024] @ 0x43ae92 0x46b181
        #	0x43ae91	runtime.main+0x211	/usr/lib/go-1.19/src/runtime/proc.go:250

        # runtime.MemStats
        # Alloc = 183184
        # TotalAlloc = 2183184
        # HeapAlloc = 183184
        # HeapSys = 7700480
        # Stack = 360448 / 360448
        # PauseNs = [\(String(repeating: "123456 ", count: 256))]
        # PauseEnd = [\(String(repeating: "1764220365123456789 ", count: 256))]
        # NumGC = 7
        # MaxRSS = 8658944

        """
    static let goroutines = """
        goroutine profile: total 13
        1 @ 0x430856 0x4656a5 0x66d5b5
        #	0x4656a4	runtime/pprof.runtime_goroutineProfileWithLabels+0x24	/usr/lib/go-1.19/src/runtime/mprof.go:846

        """

    @Test("the bytes of the heap, and the number of goroutines")
    func read() {
        #expect(GoPages.liveBytes(Array(Self.heap.utf8)) == 183_184)
        #expect(GoPages.goroutineCount(Array(Self.goroutines.utf8)) == 13)
    }

    @Test("a program with many stacks")
    func large() {
        let stacks = String(repeating: "1: 1024 [1: 1024] @ 0x43ae92 0x46b181\n", count: 100_000)
        let lines = Self.heap.split(separator: "\n", maxSplits: 1)
        #expect(GoPages.liveBytes(Array("\(lines[0])\n\(stacks)\(lines[1])".utf8)) == 183_184)
    }

    @Test(
        "another text is neither",
        arguments: [
            "", "ok\n", "goroutine profile: total 13", "goroutine profile: total many\n", "goroutine profile: total \n",
            "goroutine profile: total 0\n", "goroutine profile: total -3\n", "goroutine profile: total 1 2\n",
            "<html>goroutine profile: total 13\n", "heap profile: 3: 4096 [10: 8192] @ heap/1048576\n",
            "ok\n# HeapAlloc = 183184\n", "heap profile: \n# HeapAlloc = all\n", "heap profile: \n# HeapAlloc = -1\n",
            "heap profile: \n HeapAlloc = 1\n", "\u{1F}\u{8B}\u{08}",
        ])
    func neither(text: String) {
        #expect(GoPages.liveBytes(Array(text.utf8)) == nil)
        #expect(GoPages.goroutineCount(Array(text.utf8)) == nil)
    }
}
