/// Reads a heap snapshot of V8 as it comes, in any cut.
///
/// A snapshot is one JSON object: `snapshot` says how the tables are laid out, `nodes`, `edges` and `locations` are flat arrays
/// of numbers, `strings` has the names. Everything else is passed over.
struct SnapshotParser {
    private enum State {
        case beforeObject
        case beforeKey
        case key
        case beforeValue
        /// Inside a value that is kept as it is, or passed over.
        case nested(depth: Int, isInString: Bool, isEscaped: Bool)
        case table(Section)
        case betweenStrings
        case string
        case ended
        case failed(SnapshotFailure)
    }

    private enum Section: String {
        case nodes, edges, locations
    }

    private var state = State.beforeObject
    private var key: [UInt8] = []
    private var layoutText: [UInt8] = []
    private var layout: SnapshotLayout?
    private var tables: [Section: SnapshotTable] = [:]
    private var strings = StringTable()
    private var string = JSONStringBytes()

    /// Reads on.
    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        do throws(SnapshotFailure) {
            while position < bytes.count { try step(bytes, &position) }
        } catch {
            state = .failed(error)
        }
    }

    /// What was read.
    consuming func graph() throws(SnapshotFailure) -> HeapGraph {
        if case .failed(let failure) = state { throw failure }
        guard case .ended = state else { throw SnapshotFailure("it is cut off") }
        guard let layout, let nodes = tables.removeValue(forKey: .nodes), let edges = tables.removeValue(forKey: .edges)
        else { throw SnapshotFailure("it has no objects") }
        let locations = tables.removeValue(forKey: .locations)
        return try HeapGraph(
            layout, objects: nodes.values, edges: edges.values, locations: locations?.values ?? [], strings)
    }

    private mutating func step(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(SnapshotFailure) {
        let byte = bytes[position]
        switch state {
        case .failed(let failure): throw failure
        case .table(let section):
            if try readTable(section, bytes, &position) { state = .beforeKey }
        case .string:
            guard let end = string.append(bytes[position...], to: &strings.text) else {
                position = bytes.count
                return
            }
            strings.endString()
            string = JSONStringBytes()
            state = .betweenStrings
            position = end
        case .nested(let depth, let isInString, let isEscaped):
            position += 1
            if name == "snapshot" { layoutText.append(byte) }
            try nest(byte, depth, isInString, isEscaped)
        case .key:
            position += 1
            if byte == UInt8(ascii: "\"") { state = .beforeValue } else { key.append(byte) }
        case .beforeObject, .beforeKey, .beforeValue, .betweenStrings, .ended:
            position += 1
            if !Self.isSpace(byte) { try stepBetween(byte) }
        }
    }

    private var name: String { String(decoding: key, as: UTF8.self) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private mutating func stepBetween(_ byte: UInt8) throws(SnapshotFailure) {
        switch (state, byte) {
        case (.beforeObject, UInt8(ascii: "{")): state = .beforeKey
        case (.beforeKey, UInt8(ascii: ",")): break
        case (.beforeKey, UInt8(ascii: "}")): state = .ended
        case (.beforeKey, UInt8(ascii: "\"")):
            key = []
            state = .key
        case (.beforeValue, UInt8(ascii: ":")): break
        case (.beforeValue, _): try begin(byte)
        case (.betweenStrings, UInt8(ascii: ",")): break
        case (.betweenStrings, UInt8(ascii: "]")): state = .beforeKey
        case (.betweenStrings, UInt8(ascii: "\"")): state = .string
        default: throw SnapshotFailure("it has \"\(Character(Unicode.Scalar(byte)))\" where none may be")
        }
    }

    /// Begins the value of `key`.
    private mutating func begin(_ byte: UInt8) throws(SnapshotFailure) {
        let isArray = byte == UInt8(ascii: "[")
        guard isArray || byte == UInt8(ascii: "{") else { throw SnapshotFailure("its \(name) is no table") }
        if isArray, let section = Section(rawValue: name) {
            tables[section] = SnapshotTable(try layout(of: section))
            state = .table(section)
        } else if isArray, name == "strings" {
            state = .betweenStrings
        } else {
            if name == "snapshot" { layoutText = [byte] }
            state = .nested(depth: 1, isInString: false, isEscaped: false)
        }
    }

    private func layout(of section: Section) throws(SnapshotFailure) -> SnapshotLayout.Table {
        guard let layout else { throw SnapshotFailure("its \(section) come before their layout") }
        return switch section {
        case .nodes: layout.objects
        case .edges: layout.edges
        case .locations: layout.locations
        }
    }

    private mutating func nest(
        _ byte: UInt8, _ depth: Int, _ isInString: Bool, _ isEscaped: Bool
    ) throws(SnapshotFailure) {
        if isInString {
            state = .nested(
                depth: depth, isInString: isEscaped || byte != UInt8(ascii: "\""),
                isEscaped: !isEscaped && byte == UInt8(ascii: "\\"))
            return
        }
        var depth = depth
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        guard depth == 0 else {
            state = .nested(depth: depth, isInString: byte == UInt8(ascii: "\""), isEscaped: false)
            return
        }
        state = .beforeKey
        if name == "snapshot" { layout = try SnapshotLayout(json: layoutText) }
    }

    private mutating func readTable(
        _ section: Section, _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(SnapshotFailure) -> Bool {
        // Taken out, so that it is not copied when it grows.
        guard var table = tables.removeValue(forKey: section) else { return true }
        let hasEnded = try table.read(bytes, at: &position)
        tables[section] = table
        return hasEnded
    }
}
