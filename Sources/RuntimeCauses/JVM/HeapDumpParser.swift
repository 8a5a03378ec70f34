/// Reads a heap dump of a JVM in the binary format of HPROF as it comes, in any cut.
///
/// A dump is a head and records. Those of strings and of classes' names come first; then segments with roots, classes, objects
/// and arrays. Everything else is passed over.
struct HeapDumpParser {
    private enum State {
        case head
        case record
        /// Passing over so many bytes of a record.
        case skippedRecord(Int)
        /// Between the records of a segment.
        case segment
        /// Passing over so many bytes of an array.
        case skippedElements(Int)
        /// Before so many references of an array.
        case elements(Int)
        case failed(SnapshotFailure)
    }

    private var state = State.head
    private var hasEnded = false
    private var idBytes = 8
    private var segmentLeft = 0
    /// What is left of the former bytes, the beginning of something.
    private var pending: [UInt8] = []
    private var tables = JavaTables()

    /// No class and no name is larger.
    private static let mostPending = 64 << 20

    /// Reads on.
    mutating func read(_ chunk: UnsafeRawBufferPointer) {
        if case .failed = state { return }
        var bytes = pending
        pending = []
        bytes.append(contentsOf: chunk)
        do throws(SnapshotFailure) {
            let consumed = try consume(bytes)
            bytes.removeFirst(consumed)
            guard bytes.count < Self.mostPending else { throw SnapshotFailure("a part of it is too long") }
            pending = bytes
        } catch {
            state = .failed(error)
        }
    }

    /// What was read.
    consuming func heap() throws(SnapshotFailure) -> JavaHeap {
        if case .failed(let failure) = state { throw failure }
        guard hasEnded, pending.isEmpty, case .record = state else { throw SnapshotFailure("it is cut off") }
        return JavaHeap(tables)
    }

    /// Reads as much as is whole, and says how many bytes that is.
    private mutating func consume(_ bytes: [UInt8]) throws(SnapshotFailure) -> Int {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SnapshotFailure) in
                var position = 0
                while true {
                    var cursor = DumpCursor(bytes, at: position, idBytes: idBytes)
                    guard try step(&cursor), !cursor.isShort else { return position }
                    position = cursor.position
                }
            }
        }
        return try result.get()
    }

    /// Reads one thing; false where it is not all there, and nothing was taken.
    private mutating func step(_ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        switch state {
        case .failed(let failure): throw failure
        case .head: return try readHead(&cursor)
        case .record: return try readRecord(&cursor)
        case .skippedRecord(let left):
            let count = min(left, cursor.left)
            cursor.skip(count)
            state = count == left ? .record : .skippedRecord(left - count)
            return count == left || count > 0
        case .skippedElements(let left):
            let count = min(left, cursor.left)
            cursor.skip(count)
            try take(count)
            state = count == left ? .segment : .skippedElements(left - count)
            return count == left || count > 0
        case .elements(let left):
            let count = min(left, cursor.left / idBytes)
            for _ in 0..<count { tables.addElement(cursor.id()) }
            try take(count * idBytes)
            state = count == left ? .segment : .elements(left - count)
            return count == left || count > 0
        case .segment:
            if segmentLeft == 0 {
                state = .record
                return true
            }
            let start = cursor.position
            guard try readPart(&cursor) else { return false }
            try take(cursor.position - start)
            return true
        }
    }

    private mutating func take(_ count: Int) throws(SnapshotFailure) {
        segmentLeft -= count
        guard segmentLeft >= 0 else { throw SnapshotFailure("a part of it is longer than its segment") }
    }

    // MARK: Records

    private static let opening = "JAVA PROFILE "
    private static let longestOpening = 32

    private mutating func readHead(_ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        var opening: [UInt8] = []
        while true {
            let byte = cursor.u1()
            guard !cursor.isShort else { return false }
            if byte == 0 { break }
            opening.append(byte)
            guard opening.count < Self.longestOpening else { throw SnapshotFailure("it is no heap dump") }
        }
        guard opening.starts(with: Self.opening.utf8) else { throw SnapshotFailure("it is no heap dump") }
        let idBytes = cursor.u4()
        cursor.skip(8)
        guard !cursor.isShort else { return false }
        guard idBytes == 4 || idBytes == 8 else { throw SnapshotFailure("its identifiers have \(idBytes) bytes") }
        self.idBytes = idBytes
        tables.idBytes = idBytes
        state = .record
        return true
    }

    private mutating func readRecord(_ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        let tag = cursor.u1()
        cursor.skip(4)
        let length = cursor.u4()
        guard !cursor.isShort else { return false }
        switch tag {
        case 0x01: return try readString(&cursor, length)
        case 0x02: return try readClassName(&cursor, length)
        case 0x0C, 0x1C:
            segmentLeft = length
            state = .segment
        default:
            if tag == 0x2C { hasEnded = true }
            state = .skippedRecord(length)
        }
        return true
    }

    private mutating func readString(_ cursor: inout DumpCursor, _ length: Int) throws(SnapshotFailure) -> Bool {
        guard length >= idBytes else { throw SnapshotFailure("a string has no number") }
        let id = cursor.id()
        let text = cursor.slice(length - idBytes)
        guard !cursor.isShort else { return false }
        tables.addString(id, text)
        return true
    }

    private mutating func readClassName(_ cursor: inout DumpCursor, _ length: Int) throws(SnapshotFailure) -> Bool {
        guard length == 8 + 2 * idBytes else { throw SnapshotFailure("a class has no name") }
        cursor.skip(4)
        let id = cursor.id()
        cursor.skip(4)
        let name = cursor.id()
        guard !cursor.isShort else { return false }
        tables.addClassName(id, name)
        return true
    }

    // MARK: Parts of a segment

    private mutating func readPart(_ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        let tag = cursor.u1()
        guard !cursor.isShort else { return false }
        switch tag {
        case 0x20:
            guard let description = try JavaClass(&cursor, idBytes) else { return false }
            tables.add(description)
        case 0x21: return try readInstance(&cursor)
        case 0x22:
            let (id, count) = readArrayHead(&cursor)
            let type = cursor.id()
            guard !cursor.isShort else { return false }
            try tables.addArray(id, of: type, count: count)
            state = .elements(count)
        case 0x23:
            let (id, count) = readArrayHead(&cursor)
            let number = cursor.u1()
            guard !cursor.isShort else { return false }
            let type = try JavaType.numbered(number)
            let bytes = count * type.size(idBytes: idBytes)
            tables.addArray(id, of: type, bytes: bytes)
            state = .skippedElements(bytes)
        default: return try readRoot(tag, &cursor)
        }
        return true
    }

    private func readArrayHead(_ cursor: inout DumpCursor) -> (id: UInt64, count: Int) {
        let id = cursor.id()
        cursor.skip(4)
        return (id, cursor.u4())
    }

    private mutating func readInstance(_ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        let id = cursor.id()
        cursor.skip(4)
        let type = cursor.id()
        let length = cursor.u4()
        guard !cursor.isShort else { return false }
        guard length < Self.mostPending else { throw SnapshotFailure("an object is too long") }
        let fields = cursor.slice(length)
        guard !cursor.isShort else { return false }
        try tables.addInstance(id, of: type, fields)
        return true
    }

    private mutating func readRoot(_ tag: UInt8, _ cursor: inout DumpCursor) throws(SnapshotFailure) -> Bool {
        let object = cursor.id()
        var root = JavaRoot(kind: .other, object: object, thread: 0)
        switch tag {
        // Unknown, a class that stays, a monitor.
        case 0xFF, 0x05, 0x07: break
        case 0x01:
            cursor.skip(idBytes)
            root.kind = .native
        case 0x02, 0x03, 0x08:
            root.kind = tag == 0x08 ? .thread : .local
            root.thread = cursor.u4()
            cursor.skip(4)
        case 0x04, 0x06:
            root.kind = .local
            root.thread = cursor.u4()
        default: throw SnapshotFailure("a segment has a part of kind \(tag), which there is none of")
        }
        guard !cursor.isShort else { return false }
        tables.roots.append(root)
        return true
    }
}
