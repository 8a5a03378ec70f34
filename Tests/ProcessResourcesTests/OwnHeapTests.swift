import Glibc
import Testing

@testable import ProcessResources

@Suite("Our own allocator", .serialized)
struct OwnHeapTests {
    @Test("live bytes follow malloc and free", arguments: [64, 4096, 64 << 20])
    func live(size: Int) {
        let count = (64 << 20) / size
        let tolerance = 4 << 20
        var blocks = [UnsafeMutableRawPointer?](repeating: nil, count: count)
        // Other tests allocate meanwhile: one undisturbed look is enough, a wrong reading never agrees.
        #expect(
            eventually {
                let before = OwnHeap.current().liveBytes
                for index in blocks.indices { blocks[index] = malloc(size) }
                let during = OwnHeap.current().liveBytes
                for block in blocks { free(block) }
                let after = OwnHeap.current().liveBytes
                let overhead = count * 24
                return (64 << 20...64 << 20 + overhead + tolerance).contains(during - before)
                    && abs(after - before) <= tolerance
            })
    }

    @Test("large blocks are mapped on their own")
    func mapped() {
        #expect(
            eventually {
                let before = OwnHeap.current().mappedBytes
                let block = malloc(128 << 20)
                let during = OwnHeap.current().mappedBytes
                free(block)
                return (128 << 20...132 << 20).contains(during - before)
            })
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
