/// One mapping of a process, as `/proc/PID/smaps` lists it.
struct MemoryMapping: Hashable {
    /// What backs a mapping.
    enum Backing: Hashable {
        /// The segment that `brk` moves.
        case heap
        /// No file: allocators, stacks, the zeroed part of a library.
        case anonymous
        case file(String)
        /// What the kernel maps into each process.
        case kernel
    }

    var addresses: Range<UInt64>
    var isWritable: Bool
    var isShared: Bool
    var backing: Backing
    /// Pages that only this process has written to, in memory or in swap.
    var privateBytes = 0

    /// Reads the line that begins a mapping: `55d0c000-55d0e000 rw-p 00000000 00:00 0    [heap]`.
    init?(line: Span<UInt8>) {
        var scanner = ByteScanner(line)
        guard let start = scanner.hexadecimal(), scanner.take("-"), let end = scanner.hexadecimal(), start < end
        else { return nil }
        addresses = start..<end
        scanner.skipSpaces()
        let permissions = scanner.position
        guard line.count >= permissions + 4 else { return nil }
        isWritable = line[permissions + 1] == UInt8(ascii: "w")
        isShared = line[permissions + 3] == UInt8(ascii: "s")
        scanner.skipFields(4)
        scanner.skipSpaces()
        backing = Self.backing(name: scanner.rest())
    }

    private static func backing(name: String) -> Backing {
        if name.isEmpty || name.hasPrefix("[anon:") || name.hasPrefix("[stack") { return .anonymous }
        if name == "[heap]" { return .heap }
        return name.hasPrefix("/") ? .file(name) : .kernel
    }

    /// Whether the pages belong to no file and no other process, so that an allocator may own them.
    var isPrivateAnonymous: Bool { !isShared && (backing == .heap || backing == .anonymous) }

    /// The bytes of the zeroed variables of programs and libraries: what follows a file's own without a gap.
    static func variableBytes(of mappings: [MemoryMapping]) -> Int {
        zip(mappings, mappings.dropFirst()).reduce(0) { sum, pair in
            let (variables, rest) = pair
            let follows =
                variables.mayHoldVariables && rest.backing == .anonymous && !rest.isShared
                && rest.addresses.lowerBound == variables.addresses.upperBound
            return follows ? sum + rest.privateBytes : sum
        }
    }

    /// Whether a program or library may have its variables here.
    var mayHoldVariables: Bool { isWritable && !isShared && fileName != nil }

    /// Whether the file is glibc's own: `libc.so.6`, or `libc-2.31.so` until 2.33.
    var isOfCLibrary: Bool { fileName.map { $0.hasPrefix("libc.so") || $0.hasPrefix("libc-2") } ?? false }

    /// Whether the file is CPython, as a program or as a library.
    var isOfPython: Bool { fileName.map { $0.hasPrefix("python") || $0.hasPrefix("libpython") } ?? false }

    /// The name of the file without its folder.
    private var fileName: Substring? {
        guard case .file(let path) = backing else { return nil }
        return path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    }
}

/// Gathers mappings line by line.
struct MemoryMappingList {
    private(set) var mappings: [MemoryMapping] = []

    mutating func add(_ line: Span<UInt8>) {
        if let mapping = MemoryMapping(line: line) {
            mappings.append(mapping)
            return
        }
        var scanner = ByteScanner(line)
        guard !mappings.isEmpty, scanner.take("Private_Dirty:") || scanner.take("Swap:"),
            let bytes = scanner.kilobytes()
        else { return }
        mappings[mappings.count - 1].privateBytes += bytes
    }
}

extension ByteScanner {
    /// Reads hexadecimal digits as far as they go, at most 16.
    @_lifetime(self: copy self)
    mutating func hexadecimal() -> UInt64? {
        var value: UInt64?
        for _ in 0..<16 {
            guard let digit = hexadecimal(digits: 1) else { break }
            value = (value ?? 0) << 4 | digit
        }
        return value
    }
}

extension ProcessReader {
    /// The mappings of the process with what it holds in each, in the order of their addresses.
    func mappings() throws(ProcessReadFailure) -> [MemoryMapping] {
        try rereadingAfterExec { () throws(ProcessReadFailure) in
            var list = MemoryMappingList()
            try forEachLine(of: "smaps") { list.add($0) }
            return list.mappings
        }
    }
}
