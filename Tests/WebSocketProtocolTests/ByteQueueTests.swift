import TestSupport
import Testing

@testable import WebSocketProtocol

@Suite("ByteQueue")
struct ByteQueueTests {
    @Test("an empty queue owns no memory")
    func empty() {
        let queue = ByteQueue()
        #expect(queue.count == 0 && queue.capacity == 0)
        #expect(array(queue) == [])
        #expect(queue.bytes.byteCount == 0)
    }

    @Test("bytes leave in the order they came, across growth and compaction")
    func order() {
        var queue = ByteQueue()
        var model: [UInt8] = []
        var generator = SeededGenerator(seed: 1)
        for step in 0..<2000 {
            let added = (0..<Int.random(in: 0...40, using: &generator)).map { UInt8(truncatingIfNeeded: step &+ $0) }
            switch step % 4 {
            case 0: added.withUnsafeBytes { queue.append($0) }
            case 1: queue.append(added.span.bytes)
            case 2: for byte in added { queue.appendByte(byte) }
            default:
                queue.withUnsafeTail(minimum: added.count) { tail in
                    tail.copyBytes(from: added)
                    return added.count
                }
            }
            model += added
            let removed = Int.random(in: 0...min(45, model.count), using: &generator)
            queue.removeFirst(removed)
            model.removeFirst(removed)
            guard array(queue) == model else {
                Issue.record("differs after step \(step)")
                return
            }
        }
        #expect(queue.capacity < 4096, "a queue that is emptied as it fills stays small")
    }

    @Test("the span shows the bytes, and they can be changed in place")
    func views() {
        var queue = ByteQueue()
        queue.append("abc")
        queue.removeFirst(1)
        #expect(queue.bytes.byteCount == 2)
        #expect(queue.bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == UInt8(ascii: "b"))
        queue.withUnsafeMutableBytes { $0[1] = UInt8(ascii: "x") }
        #expect(string(queue) == "bx")
    }

    @Test("memory is kept or given back as told")
    func memory() {
        var queue = ByteQueue()
        queue.reserveCapacity(additional: 1000)
        let capacity = queue.capacity
        #expect(capacity >= 1000)
        queue.append([UInt8](repeating: 1, count: 1000).span.bytes)
        #expect(queue.capacity == capacity)
        queue.removeFirst(900)
        queue.shrink(toCapacity: 10)
        #expect(queue.capacity == 100 && array(queue) == [UInt8](repeating: 1, count: 100))
        queue.removeAll(keepingCapacity: true)
        #expect(queue.capacity == 100)
        #expect(array(queue) == [])
        queue.shrink(toCapacity: 100)
        #expect(queue.capacity == 100)
        queue.shrink()
        #expect(queue.capacity == 0)
        queue.append("again")
        #expect(string(queue) == "again")
        queue.removeAll(keepingCapacity: false)
        #expect(queue.capacity == 0)
    }

    @Test("a tail offers at least the room asked for and takes what was written")
    func tail() {
        var queue = ByteQueue()
        queue.append("ab")
        var room = 0
        queue.withUnsafeTail(minimum: 500) { tail in
            room = tail.count
            tail[0] = UInt8(ascii: "c")
            return 1
        }
        #expect(room >= 500)
        #expect(string(queue) == "abc")
        queue.withUnsafeTail(minimum: 0) { _ in 0 }
        #expect(string(queue) == "abc")
    }
}
