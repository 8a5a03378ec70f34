import Glibc
import Testing

@testable import ProcessResources

@Suite("Our own allocator", .serialized)
struct OwnHeapTests {
    @Test("live bytes follow malloc and free", arguments: [64, 4096, 64 << 20])
    func live(size: Int) {
        let count = (64 << 20) / size
        // Other tests allocate meanwhile, though not by the tens of megabytes.
        let tolerance = 16 << 20
        let before = OwnHeap.current().liveBytes
        var blocks = [UnsafeMutableRawPointer?](repeating: nil, count: count)
        for index in blocks.indices { blocks[index] = malloc(size) }
        let during = OwnHeap.current().liveBytes
        for block in blocks { free(block) }
        let after = OwnHeap.current().liveBytes
        #expect(during - before >= 64 << 20 - tolerance)
        #expect(during - before <= 2 * (64 << 20) + tolerance)
        #expect(abs(after - before) <= tolerance)
    }

    @Test("large blocks are mapped on their own")
    func mapped() {
        let before = OwnHeap.current().mappedBytes
        let block = malloc(128 << 20)
        let during = OwnHeap.current().mappedBytes
        free(block)
        #expect(during - before >= 100 << 20)
    }

    @Test("trimming gives free pages back")
    func trim() {
        var blocks = (0..<16_384).map { _ in malloc(4096) }
        // The last one stays, so that free alone cannot shrink the heap.
        let last = blocks.removeLast()
        for block in blocks { free(block) }
        #expect(OwnHeap.trim())
        free(last)
    }
}
