/// The needed fields of `/proc/PID/stat` (proc(5)).
package struct ProcessStat: Hashable {
    /// What the process is doing (field 3).
    package var state: ProcessState
    /// Its parent's number (field 4).
    package var parent: Int32
    /// The kernel's flags (field 9).
    package var flags: UInt64
    /// How long it has run in its own code and in the kernel, in ticks (fields 14 and 15).
    package var processorTicks: UInt64
    /// How many threads it has (field 20).
    package var threads: Int
    /// When it started, in ticks since boot (field 22).
    package var startTicks: UInt64

    /// Whether the kernel is taking the process down, before the state shows it (`PF_EXITING`).
    package var isExiting: Bool { flags & 0x4 != 0 }

    /// Reads the one line of the file; the name in brackets may itself hold brackets, spaces and line ends.
    package init(stat text: Span<UInt8>) throws(ParseFailure) {
        var bracket = text.count - 1
        while bracket >= 0, text[bracket] != UInt8(ascii: ")") { bracket -= 1 }
        guard bracket >= 0 else { throw ParseFailure("no name in brackets") }
        var scanner = ByteScanner(text.extracting(bracket + 1..<text.count))
        scanner.skipSpaces()
        guard let letter = scanner.next, letter != UInt8(ascii: "\n") else { throw ParseFailure("no state (field 3)") }
        state = ProcessState(rawValue: letter)
        scanner.skipFields(1)
        guard let parent = scanner.decimal().flatMap(Int32.init(exactly:)) else {
            throw ParseFailure("no parent (field 4)")
        }
        self.parent = parent
        scanner.skipFields(4)
        guard let flags = scanner.decimal() else { throw ParseFailure("no flags (field 9)") }
        self.flags = flags
        scanner.skipFields(4)
        guard let user = scanner.decimal() else { throw ParseFailure("no time in its own code (field 14)") }
        scanner.skipSpaces()
        guard let system = scanner.decimal() else { throw ParseFailure("no time in the kernel (field 15)") }
        processorTicks = user &+ system
        scanner.skipFields(4)
        guard let threads = scanner.decimal().flatMap(Int.init(exactly:)) else {
            throw ParseFailure("no number of threads (field 20)")
        }
        self.threads = threads
        scanner.skipFields(1)
        // A number that ends the text may have been cut off.
        guard let start = scanner.decimal(), !scanner.isAtEnd else { throw ParseFailure("no start time (field 22)") }
        startTicks = start
    }
}
