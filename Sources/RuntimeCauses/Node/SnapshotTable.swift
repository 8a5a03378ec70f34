/// Numbers that come in any cut, `[9,1,1,0` and `,7]`, of which the wanted columns are kept, row by row.
struct SnapshotTable {
    /// The wanted columns of all rows, one behind the other.
    private(set) var values: [UInt32] = []
    /// For each column of a row, whether it is wanted.
    private let isWanted: [Bool]
    private var column = 0
    private var number: UInt64 = 0
    private var hasDigits = false

    /// An empty table, whose wanted columns must ascend.
    init(_ layout: SnapshotLayout.Table) {
        isWanted = (0..<layout.width).map(layout.columns.contains)
    }

    /// Reads numbers from `position` on; whether the table has ended, and `position` is behind it.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, at position: inout Int
    ) throws(SnapshotFailure) -> Bool {
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                number = min(number &* 10 &+ UInt64(digit), UInt64(UInt32.max))
                hasDigits = true
            } else if byte == UInt8(ascii: ",") {
                try endNumber()
            } else if byte == UInt8(ascii: "]") {
                if hasDigits || column != 0 || !values.isEmpty { try endNumber() }
                guard column == 0 else { throw SnapshotFailure("a row of a table is cut off") }
                return true
            } else if byte != UInt8(ascii: "\n") && byte != UInt8(ascii: " ") {
                throw SnapshotFailure("a table has \"\(Character(Unicode.Scalar(byte)))\" in place of a number")
            }
        }
        return false
    }

    private mutating func endNumber() throws(SnapshotFailure) {
        guard hasDigits else { throw SnapshotFailure("a table lacks a number") }
        if isWanted[column] { values.append(UInt32(truncatingIfNeeded: number)) }
        column += 1
        if column == isWanted.count { column = 0 }
        number = 0
        hasDigits = false
    }
}
