extension HeldTree {
    /// Adds nodes, one a line: `PARENT COUNT BYTES EDGE TYPE FILE LINE`, separated by tabs; a parent is the number of its line,
    /// from 0, or -1, and stands above. What comes after the type may be missing. False where a line is none of this.
    package mutating func add(lines: some Sequence<Substring>) -> Bool {
        var numbers: [Int] = []
        for line in lines {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count >= 5, let parent = Int(fields[0]), let count = Int(fields[1]),
                let bytes = Int(fields[2]),
                parent >= -1, parent < numbers.count
            else { return false }
            let step = HolderStep(String(fields[3]), String(fields[4]), at: CodeLocation(fields: fields.dropFirst(5)))
            let node = node(below: parent < 0 ? -1 : numbers[parent], step)
            add(Tally(count, bytes: bytes), at: node)
            numbers.append(node)
        }
        return true
    }
}

extension CodeLocation {
    /// The place that `FILE LINE` name; nil where the file is empty or missing.
    package init?(fields: ArraySlice<Substring>) {
        guard let file = fields.first, !file.isEmpty else { return nil }
        self.init(file: String(file), line: fields.dropFirst().first.flatMap { Int($0) })
    }
}
