@testable import Causes
@testable import RuntimeCauses

/// Builds the bytes of a heap dump of a JVM.
struct DumpBytes {
    private var strings: [UInt8] = []
    private var names: [String: UInt64] = [:]
    private var segment: [UInt8] = []
    private var classes: [UInt64: (parent: UInt64, fields: [String])] = [:]
    private var nextID: UInt64 = 0x8000_0000

    private static func big(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    private static func record(_ tag: UInt8, _ body: [UInt8]) -> [UInt8] {
        [tag] + big(UInt32(0)) + big(UInt32(body.count)) + body
    }

    private mutating func id() -> UInt64 {
        nextID += 16
        return nextID
    }

    /// The identifier of a string.
    mutating func string(_ text: String) -> UInt64 {
        if let id = names[text] { return id }
        let id = id()
        names[text] = id
        strings += Self.record(0x01, Self.big(id) + Array(text.utf8))
        return id
    }

    /// A class whose objects have these references, and an int each.
    mutating func type(
        _ name: String, parent: UInt64 = 0, fields: [String] = [], statics: [(String, UInt64)] = []
    ) -> UInt64 {
        let id = id()
        classes[id] = (parent, fields)
        strings += Self.record(0x02, Self.big(UInt32(1)) + Self.big(id) + Self.big(UInt32(0)) + Self.big(string(name)))
        segment += [0x20] + Self.big(id) + Self.big(UInt32(0)) + Self.big(parent)
        segment += [UInt8](repeating: 0, count: 44)
        // A constant, and a static field that is a number.
        segment += Self.big(UInt16(1)) + Self.big(UInt16(3)) + [10] + Self.big(UInt32(7))
        segment += Self.big(UInt16(statics.count + 1)) + Self.big(string("count")) + [11] + Self.big(UInt64(9))
        for (field, target) in statics { segment += Self.big(string(field)) + [2] + Self.big(target) }
        segment += Self.big(UInt16(fields.count + 1)) + Self.big(string("number")) + [10]
        for field in fields { segment += Self.big(string(field)) + [2] }
        return id
    }

    /// An identifier for an object that is to come.
    mutating func later() -> UInt64 { id() }

    /// An object with `values` in its references, first those of its class.
    @discardableResult
    mutating func object(_ type: UInt64, _ values: [UInt64] = [], id known: UInt64? = nil) -> UInt64 {
        let id = known ?? id()
        var rest = values[...]
        var fields: [UInt8] = []
        var next = type
        while let description = classes[next] {
            fields += Self.big(UInt32(5))
            for _ in description.fields { fields += Self.big(rest.popFirst() ?? 0) }
            next = description.parent
        }
        segment +=
            [0x21] + Self.big(id) + Self.big(UInt32(0)) + Self.big(type) + Self.big(UInt32(fields.count)) + fields
        return id
    }

    /// An array of objects.
    @discardableResult
    mutating func array(_ type: UInt64, _ elements: [UInt64], id known: UInt64? = nil) -> UInt64 {
        let id = known ?? id()
        segment += [0x22] + Self.big(id) + Self.big(UInt32(0)) + Self.big(UInt32(elements.count)) + Self.big(type)
        for element in elements { segment += Self.big(element) }
        return id
    }

    /// An array of bytes.
    mutating func buffer(_ count: Int) -> UInt64 {
        let id = id()
        segment += [0x23] + Self.big(id) + Self.big(UInt32(0)) + Self.big(UInt32(count)) + [8]
        segment += [UInt8](repeating: 1, count: count)
        return id
    }

    /// A root: 1 JNI, 3 a local, 8 a thread.
    mutating func root(_ tag: UInt8, _ object: UInt64, thread: UInt32 = 0) {
        segment += [tag] + Self.big(object)
        segment += tag == 1 ? Self.big(UInt64(0)) : tag == 5 ? [] : Self.big(thread) + Self.big(UInt32(0))
    }

    /// Adds bytes to the segment as they are.
    mutating func raw(_ bytes: [UInt8]) { segment += bytes }

    /// The whole dump.
    var bytes: [UInt8] {
        Array("JAVA PROFILE 1.0.2\0".utf8) + Self.big(UInt32(8)) + Self.big(UInt64(0)) + strings
            + Self.record(0x05, [1, 2, 3]) + Self.record(0x1C, segment) + Self.record(0x2C, [])
    }

    /// The heap, read in pieces of `size` bytes.
    static func heap(_ bytes: [UInt8], by size: Int = .max) throws(SnapshotFailure) -> JavaHeap {
        var parser = HeapDumpParser()
        bytes.withUnsafeBytes { all in
            var start = 0
            while start < all.count {
                let end = min(all.count, size < all.count ? start + size : all.count)
                parser.read(UnsafeRawBufferPointer(rebasing: all[start..<end]))
                start = end
            }
        }
        return try parser.heap()
    }

    /// `PATH COUNT BYTES` of all that is held.
    func lines(by size: Int = .max) throws -> [String] {
        var tree = HeldTree()
        var walk = JavaHeldWalk(try Self.heap(bytes, by: size))
        walk.add(to: &tree)
        return tree.nodes.indices.map { index in
            let tally = tree.nodes[index].tally
            return "\(tree.path(to: index).map(\.description).joined(separator: " > ")) \(tally.count) \(tally.bytes)"
        }
    }
}

extension DumpBytes {
    /// A program whose static variable `Chat.SESSIONS` is a map of five sessions, with a table, entries and a chain of them.
    static func map() -> DumpBytes {
        var dump = DumpBytes()
        let map = dump.later()
        _ = dump.type("org/acme/Chat", statics: [("SESSIONS", map)])
        let entry = dump.type("java/util/HashMap$Node", fields: ["key", "value", "next"])
        let table = dump.array(
            dump.type("[Ljava/util/HashMap$Node;"),
            (0..<4).map { _ in Self.entry(&dump, entry, next: 0) } + [0, Self.entry(&dump, entry, next: 1)])
        dump.object(dump.type("java/util/HashMap", fields: ["table"]), [table], id: map)
        return dump
    }

    /// An entry, and `next` more behind it.
    private static func entry(_ dump: inout DumpBytes, _ type: UInt64, next: Int) -> UInt64 {
        let key = dump.object(dump.type("java/lang/String", fields: ["value"]), [dump.buffer(10)])
        let session = dump.object(dump.type("org/acme/Chat$Session", fields: ["user"]))
        return dump.object(type, [key, session, next > 0 ? entry(&dump, type, next: next - 1) : 0])
    }
}
