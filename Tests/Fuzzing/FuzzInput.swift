/// The fuzzer's bytes, read from the front: first what they choose, then what they say.
struct FuzzInput {
    /// What no choice has taken yet.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    /// The next byte; 0 at the end, so that every input means something.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A choice between the numbers below `count`.
    mutating func choice(below count: Int) -> Int { Int(byte()) % count }

    mutating func choice<Element>(of elements: [Element]) -> Element { elements[choice(below: elements.count)] }

    /// Up to `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = rest.prefix(count)
        rest = rest.dropFirst(taken.count)
        return Array(taken)
    }
}

/// Ends the run with `message`, for the fuzzer to report the input, unless `condition` holds.
func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    if !condition { fatalError("broken invariant: \(message())", file: file, line: line) }
}
