/// The numbers of a record's line under any key, found without decoding the line.
enum RecordNumbers {
    /// No amount, count or time of a process exceeds this: a petabyte, or thirty million years.
    static let largest = 1e15

    /// The first number of `line`, which is JSON, that is farther from zero than `largest`, with the key it stands
    /// under.
    ///
    /// Seeds are any number of 64 bits.
    static func firstOutOfRange(in line: ArraySlice<UInt8>) -> (key: String, number: String)? {
        var key: ArraySlice<UInt8> = []
        var last: ArraySlice<UInt8> = []
        var index = line.startIndex
        while index < line.endIndex {
            switch line[index] {
            case UInt8(ascii: "\""):
                let end = endOfString(line, from: index + 1)
                last = line[(index + 1)..<end]
                index = min(end + 1, line.endIndex)
            case UInt8(ascii: ":"):
                key = last
                index += 1
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                let number = line[index...].prefix(while: isPart)
                if !isInRange(number), !key.elementsEqual("seed".utf8) {
                    return (String(decoding: key, as: UTF8.self), String(decoding: number, as: UTF8.self))
                }
                index = number.endIndex
            default: index += 1
            }
        }
        return nil
    }

    /// Where the string whose first byte is at `start` has its closing quotation mark, or where the line ends.
    private static func endOfString(_ line: ArraySlice<UInt8>, from start: Int) -> Int {
        var index = start
        while index < line.endIndex, line[index] != UInt8(ascii: "\"") {
            index += line[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, line.endIndex)
    }

    private static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private static func isInRange(_ number: ArraySlice<UInt8>) -> Bool {
        // Nearly all are short: no need to read them.
        if number.count <= 15 && !number.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { return true }
        return Double(String(decoding: number, as: UTF8.self)).map { $0.magnitude <= largest } ?? false
    }
}
