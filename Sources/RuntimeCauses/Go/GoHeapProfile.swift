import Causes

/// The blocks in a heap profile of Go, as text.
extension CauseSnapshot {
    /// Adds what is live, by its stack; `sizes` gets the bytes of each block of a stack.
    ///
    /// A record is `BLOCKS: BYTES [BLOCKS: BYTES] @ ADDRESSES`, the live ones first, then `#`, an address, the function and the
    /// place of each frame, the innermost first.
    mutating func add(heapProfile text: String, sizes: inout BlockSizes) {
        var record: (live: Tally, site: [CodeFrame])?
        for line in text.split(separator: "\n").dropFirst() {
            if line.hasPrefix("#\t"), record != nil {
                if let frame = CodeFrame(profileLine: line) { record?.site.append(frame) }
                continue
            }
            add(record, &sizes)
            record = Tally(profileLine: line).map { ($0, []) }
        }
        add(record, &sizes)
    }

    private mutating func add(_ record: (live: Tally, site: [CodeFrame])?, _ sizes: inout BlockSizes) {
        guard let (live, site) = record, live.count > 0, !site.isEmpty else { return }
        let signature = CauseSignature(.allocation, "block", site: site)
        counted[signature, default: Tally(0)].count += live.count
        counted[signature, default: Tally(0)].bytes += live.bytes
        sizes.note(live.bytes % live.count == 0 ? live.bytes / live.count : 0, of: signature)
    }
}

extension Tally {
    /// The live ones of `3: 336 [10: 1120] @ 0x4b1234 0x4b5678`; nil for another line.
    fileprivate init?(profileLine line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 5, words[4] == "@", words[0].hasSuffix(":"), let count = Int(words[0].dropLast()),
            let bytes = Int(words[1])
        else { return nil }
        self.init(count, bytes: bytes)
    }
}

extension CodeFrame {
    /// The frame of `#\t0x4b1234\tmain.remember+0x25\t/srv/main.go:12`; nil for another line, as those that end a profile.
    fileprivate init?(profileLine line: Substring) {
        let fields = line.split(separator: "\t").map { $0.drop { $0 == " " } }
        guard fields.count >= 4, fields[1].hasPrefix("0x") else { return nil }
        let function = fields[2].lastIndex(of: "+").map { fields[2][..<$0] } ?? fields[2]
        self.init(String(function), at: CodeLocation(stackLine: fields[3]))
    }
}
