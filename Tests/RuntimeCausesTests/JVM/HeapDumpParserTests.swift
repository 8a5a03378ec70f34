import Testing

@testable import Causes
@testable import RuntimeCauses

@Suite("The parser of a JVM's heap dumps")
struct HeapDumpParserTests {
    @Test("a dump says the same in any cut", arguments: [1, 2, 3, 7, 100])
    func cuts(size: Int) throws {
        #expect(try DumpBytes.map().lines(by: size) == DumpBytes.map().lines())
    }

    @Test("a dump that ends early is refused, wherever it ends")
    func ends() throws {
        let bytes = DumpBytes.map().bytes
        for count in bytes.indices {
            #expect(throws: SnapshotFailure("it is cut off")) { try DumpBytes.heap(Array(bytes[..<count])) }
        }
    }

    @Test("whatever one byte is, it is read or refused")
    func damage() {
        let bytes = DumpBytes.map().bytes
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] = ~damaged[index]
            if let heap = try? DumpBytes.heap(damaged) {
                var walk = JavaHeldWalk(heap)
                var tree = HeldTree()
                walk.add(to: &tree)
            }
        }
    }

    @Test(
        "what is no dump is refused, with the reason",
        arguments: [
            ("{\"snapshot\": 1, \"something else\": 2}", "it is no heap dump"), ("JAVA\0", "it is no heap dump"),
            ("JAVA PROFILE 1.0.2\0\0\0\0\u{5}12345678", "its identifiers have 5 bytes"),
        ])
    func others(text: String, reason: String) {
        #expect(throws: SnapshotFailure(reason)) { try DumpBytes.heap(Array(text.utf8)) }
    }

    @Test("a segment with an unknown part, and an object without a class, are refused")
    func malformed() {
        var unknown = DumpBytes()
        unknown.raw([0x77] + [UInt8](repeating: 0, count: 8))
        #expect(throws: SnapshotFailure("a segment has a part of kind 119, which there is none of")) {
            try DumpBytes.heap(unknown.bytes)
        }
        var stray = DumpBytes()
        stray.object(99)
        #expect(throws: SnapshotFailure("an object comes before its class")) { try DumpBytes.heap(stray.bytes) }
    }

    @Test("a dump is refused for which there is no room, no memory or no time")
    func refusal() throws {
        let cost = DumpCost(heapBytes: 100 << 20)
        try cost.check(free: 400 << 20, pid: 7)
        try cost.check(free: nil, pid: 7)
        for (cost, free) in [(cost, 399 << 20), (DumpCost(heapBytes: 5 << 30), Int.max)] {
            #expect(throws: Explanation.Failure.self) { try cost.check(free: free, pid: 7) }
        }
        let small = DumpFolder(path: "/tmp", isWritable: true, freeBytes: 100)
        let closed = DumpFolder(path: "/srv", isWritable: false, freeBytes: 1000)
        let large = DumpFolder(path: "/var/tmp", isWritable: true, freeBytes: 200)
        #expect(try DumpFolder.choose(from: [small, closed, large], bytes: 200) == large)
        let full = #expect(throws: Explanation.Failure.self) {
            try DumpFolder.choose(from: [small, closed], bytes: 200)
        }
        #expect(full?.remedy != nil)
        #expect(throws: Explanation.Failure.self) { try DumpFolder.choose(from: [closed], bytes: 1) }
    }
}
