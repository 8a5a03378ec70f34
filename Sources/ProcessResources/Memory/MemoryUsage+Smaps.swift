extension MemoryUsage {
    /// Reads `smaps_rollup`, or adds up the mappings of `smaps`, whose lines are the same.
    package init(smaps text: Span<UInt8>) throws(ParseFailure) {
        var sum = SmapsSum()
        forEachLine(in: text) { sum.add($0) }
        self = try sum.total()
    }

    /// Reads the largest resident size from `/proc/PID/status`; a kernel thread has none.
    package static func highWaterMarkBytes(status text: Span<UInt8>) -> Int? {
        var found: Int?
        forEachLine(in: text) { line in
            var scanner = ByteScanner(line)
            if scanner.take("VmHWM:") { found = scanner.kilobytes() }
        }
        return found
    }
}

/// Adds up memory line by line, for files too long to hold.
struct SmapsSum {
    private var sum = MemoryUsage.zero
    private var seen: Set<String> = []
    private var failure: ParseFailure?

    mutating func add(_ line: Span<UInt8>) {
        var scanner = ByteScanner(line)
        switch scanner.next {
        case UInt8(ascii: "R"): add("Rss:", &scanner, \.residentBytes)
        case UInt8(ascii: "P"):
            if add("Pss:", &scanner, \.proportionalBytes) { return }
            if add("Private_Clean:", &scanner, \.privateCleanBytes) { return }
            add("Private_Dirty:", &scanner, \.privateDirtyBytes)
        case UInt8(ascii: "A"): add("Anonymous:", &scanner, \.anonymousBytes)
        case UInt8(ascii: "S"): add("Swap:", &scanner, \.swapBytes)
        default: return
        }
    }

    /// The sum, if every amount except swap was there and could be read; a kernel without swap prints none.
    func total() throws(ParseFailure) -> MemoryUsage {
        if let failure { throw failure }
        for key in ["Rss:", "Pss:", "Private_Clean:", "Private_Dirty:", "Anonymous:"] where !seen.contains(key) {
            throw ParseFailure("no line \(key)")
        }
        return sum
    }

    @discardableResult
    private mutating func add(
        _ key: StaticString, _ scanner: inout ByteScanner, _ amount: WritableKeyPath<MemoryUsage, Int>
    ) -> Bool {
        guard scanner.take(key) else { return false }
        if let bytes = scanner.kilobytes() {
            sum[keyPath: amount] += bytes
            seen.insert(key.description)
        } else {
            failure = failure ?? ParseFailure("no amount in kB after \(key)")
        }
        return true
    }
}

extension ByteScanner {
    /// Reads an amount like `1234 kB`, in bytes; without its unit it may have been cut off.
    @_lifetime(self: copy self)
    mutating func kilobytes() -> Int? {
        guard let value = decimal(), take(" kB"), let count = Int(exactly: value) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 1024)
        return overflow ? nil : bytes
    }
}
