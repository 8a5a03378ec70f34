/// How many descriptors a process may hold; nil means no limit.
public struct OpenFileLimit: Sendable, Hashable, Codable {
    /// The limit in force.
    public var soft: Int?
    /// How far the process may raise it.
    public var hard: Int?

    /// Joins both limits.
    public init(soft: Int?, hard: Int?) {
        self.soft = soft
        self.hard = hard
    }

    /// Reads `/proc/PID/limits`.
    package init(limits text: Span<UInt8>) throws(ParseFailure) {
        var found: (soft: Int?, hard: Int?)?
        forEachLine(in: text) { line in
            var scanner = ByteScanner(line)
            guard scanner.take("Max open files "), let soft = Self.amount(&scanner), let hard = Self.amount(&scanner)
            else { return }
            found = (soft, hard)
        }
        guard let found else { throw ParseFailure("no line Max open files with two amounts") }
        self.init(soft: found.soft, hard: found.hard)
    }

    private static func amount(_ scanner: inout ByteScanner) -> Int?? {
        scanner.skipSpaces()
        if scanner.take("unlimited ") { return .some(nil) }
        guard let value = scanner.decimal(), scanner.take(UInt8(ascii: " ")) else { return nil }
        return .some(Int(exactly: value))
    }
}
