/// Which file, and which place in it, each code address of a process stands for, so that it means the same in every process.
package struct CodeMap: Sendable {
    /// A place in a program or a library: the address that it has there before it is loaded.
    package struct Place: Hashable, Sendable {
        /// The file.
        package var file: String
        /// The address in it.
        package var address: UInt64
    }

    /// A file that is mapped, with code or without.
    private struct Piece {
        var addresses: Range<UInt64>
        var file: String
        /// What its addresses in memory are above those in the file.
        var bias: UInt64
    }

    private var pieces: [Piece] = []

    /// Of `process` as it is now.
    package init(_ process: ProcessReader) throws(ProcessReadFailure) {
        let memory = ProcessMemory(pid: process.pid)
        self.init(text: try process.contents(of: "maps", limit: 8 << 20)) { start in
            // What is not made to be moved, type 2 in an ELF header, is where its file says.
            guard let header = try? memory.words(at: start, count: 3) else { return false }
            return header[2] & 0xFFFF == 2
        }
    }

    /// Reads `/proc/PID/maps`; `isFixed` says whether the file that begins at an address cannot be moved.
    init(text: [UInt8], isFixed: (UInt64) -> Bool) {
        var biases: [String: UInt64] = [:]
        forEachLine(in: text.span) { line in
            guard let mapping = MemoryMapping(line: line), case .file(let file) = mapping.backing else { return }
            let start = mapping.addresses.lowerBound
            // The first mapping of a file is its beginning.
            let bias = biases[file] ?? (isFixed(start) ? 0 : start)
            biases[file] = bias
            pieces.append(Piece(addresses: mapping.addresses, file: file, bias: bias))
        }
    }

    /// Where `address` is; nil in code that is of no file.
    package func place(of address: UInt64) -> Place? {
        var (low, high) = (0, pieces.count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].addresses.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        guard low < pieces.count, pieces[low].addresses.contains(address) else { return nil }
        return Place(file: pieces[low].file, address: address - pieces[low].bias)
    }
}
