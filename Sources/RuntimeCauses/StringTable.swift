/// Strings in one buffer, by number.
struct StringTable {
    /// All strings, one behind the other.
    var text: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }

    /// Ends the string that was appended to `text`.
    mutating func endString() { ends.append(text.count) }

    private func range(_ number: UInt32) -> Range<Int> { (number == 0 ? 0 : ends[Int(number) - 1])..<ends[Int(number)] }

    subscript(number: UInt32) -> String { String(decoding: text[range(number)], as: UTF8.self) }

    /// The first byte of a string; nil of an empty one.
    func first(_ number: UInt32) -> UInt8? { text[range(number)].first }

    func starts(_ number: UInt32, with prefix: StaticString) -> Bool {
        let range = range(number)
        guard range.count >= prefix.utf8CodeUnitCount else { return false }
        return (0..<prefix.utf8CodeUnitCount).allSatisfy { text[range.lowerBound + $0] == prefix.utf8Start[$0] }
    }

    /// The number of `string`; nil where there is none.
    func number(of string: String) -> UInt32? {
        let bytes = Array(string.utf8)
        return (0..<UInt32(ends.count)).first { range($0).count == bytes.count && text[range($0)].elementsEqual(bytes) }
    }
}
