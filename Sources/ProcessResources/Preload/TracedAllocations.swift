/// What the library of ours has charged to the stacks that allocated it in one process, at one moment.
package struct TracedAllocations: Hashable, Sendable {
    /// All that one stack has allocated and that is still there.
    package struct Stack: Hashable, Sendable {
        /// Return addresses, the innermost first.
        package var addresses: [UInt64]
        /// Whether these are mappings of the program, and not blocks.
        package var areMappings: Bool
        /// How many.
        package var count: Int
        /// The bytes of blocks that may be used, or those of mappings that are in memory.
        package var bytes: Int
        /// The bytes that each of them was asked for with; nil where they differ.
        package var size: Int?
    }

    /// The stacks of which anything is there.
    package var stacks: [Stack] = []
    /// How many allocations found no place in the tables.
    package var lost = 0
}

/// The tables of the library as its first words name them (preload.h, trace.c).
struct TraceTables {
    /// The words of the page behind those of `PreloadPage`.
    static let wordCount = 5
    private static let stackWords = 32
    private static let mostStacks = 65_536
    private static let mostAddresses = 26

    var stacks: UInt64
    var owners: UInt64
    var openers: UInt64
    var stackCount: Int
    var lost: Int

    /// Reads the words; nil where nothing is traced.
    init?(_ words: [UInt64]) {
        guard words.count >= Self.wordCount, words[0] != 0, words[1] != 0 else { return nil }
        stacks = words[0]
        owners = words[1]
        stackCount = Int(min(words[2], UInt64(Self.mostStacks)))
        lost = Int(truncatingIfNeeded: words[3])
        openers = words[4]
    }

    /// The descriptors that openers are known of, by number.
    static let mostDescriptors = 65_536

    /// The words of all stacks.
    var stacksWords: Int { stackCount * Self.stackWords }

    /// What the tables say. Each mapping is its first page and its pages, and has the owner of the same index; `resident` says
    /// how many bytes of so many pages are in memory. What is being written at this moment is skipped.
    func allocations(
        stacks words: [UInt64], mappings: [(page: UInt64, count: Int)?], owners: [UInt32],
        resident: (UInt64, Int) -> Int
    ) -> TracedAllocations {
        var mapped: [UInt32: [(bytes: Int, resident: Int)]] = [:]
        for (mapping, owner) in zip(mappings, owners) where owner != 0 {
            guard let mapping else { continue }
            let bytes = mapping.count * PreloadPage.mappingPageBytes
            mapped[owner, default: []].append((bytes, resident(mapping.page, mapping.count)))
        }
        var found = TracedAllocations(lost: lost)
        for number in 0..<min(stackCount, words.count / Self.stackWords) {
            let record = words[number * Self.stackWords..<(number + 1) * Self.stackWords]
            if let stack = Self.stack(Array(record), mapped[UInt32(number) + 1] ?? []) { found.stacks.append(stack) }
        }
        return found
    }

    /// The stacks that opened descriptors, by their numbers: `owners` has the number of a stack plus one for each descriptor from 0 on,
    /// and 0 where none is known.
    func openers(stacks words: [UInt64], owners: [UInt32]) -> [Int: [UInt64]] {
        var found: [Int: [UInt64]] = [:]
        for (descriptor, owner) in owners.enumerated() where owner != 0 {
            let start = (Int(owner) - 1) * Self.stackWords
            guard start + Self.stackWords <= words.count, words[start + 4] <= UInt64(Self.mostAddresses) else {
                continue
            }
            found[descriptor] = Array(words[start + 6..<start + 6 + Int(words[start + 4])])
        }
        return found
    }

    private static func stack(_ words: [UInt64], _ mappings: [(bytes: Int, resident: Int)]) -> TracedAllocations.Stack?
    {
        let (blocks, bytes) = (Int(truncatingIfNeeded: words[1]), Int(truncatingIfNeeded: words[2]))
        guard blocks > 0 || !mappings.isEmpty, words[4] <= UInt64(mostAddresses) else { return nil }
        let addresses = Array(words[6..<6 + Int(words[4])])
        guard blocks > 0 else {
            let sizes = Set(mappings.map(\.bytes))
            return .init(
                addresses: addresses, areMappings: true, count: mappings.count,
                bytes: mappings.reduce(0) { $0 + $1.resident }, size: sizes.count == 1 ? sizes.first : nil)
        }
        let isOfOneSize = words[3] != 0 && words[3] != .max
        return .init(
            addresses: addresses, areMappings: false, count: blocks, bytes: max(0, bytes),
            size: isOfOneSize ? Int(truncatingIfNeeded: words[3] - 1) : nil)
    }
}

extension PreloadReader {
    /// What is charged to each stack now; nil where the process was not started to trace. What was read before decides where.
    package mutating func allocations() throws(PreloadReadFailure) -> TracedAllocations? {
        try traced { reader, page, tables throws(MemoryReadFailure) in
            let memory = reader.memory
            let stacks = try memory.words(at: tables.stacks, count: tables.stacksWords)
            let used = page.mappingsUsed
            let mappings = try memory.words(at: page.mappings, count: used)
            let owners = try memory.halfWords(at: tables.owners, count: used)
            return tables.allocations(
                stacks: stacks, mappings: mappings.map(PreloadPage.mapping), owners: owners,
                resident: reader.resident)
        }
    }

    /// The return addresses of the stacks that opened descriptors, by their numbers, of those below `count`; nil where the process
    /// was not started to trace.
    package mutating func openers(below count: Int) throws(PreloadReadFailure) -> [Int: [UInt64]]? {
        try traced { reader, _, tables throws(MemoryReadFailure) in
            guard tables.openers != 0 else { return [:] }
            // First: a stack is there before it is named.
            let owners = try reader.memory.halfWords(at: tables.openers, count: min(count, TraceTables.mostDescriptors))
            return tables.openers(
                stacks: try reader.memory.words(at: tables.stacks, count: tables.stacksWords), owners: owners)
        }
    }

    private mutating func traced<Value>(
        _ body: (PreloadReader, PreloadPage, TraceTables) throws(MemoryReadFailure) -> Value
    ) throws(PreloadReadFailure) -> Value? {
        _ = try read()
        guard let address else { return nil }
        do throws(MemoryReadFailure) {
            let page = PreloadPage(try memory.words(at: address, count: PreloadPage.wordCount))
            let rest = address + UInt64(PreloadPage.wordCount * 8)
            guard let page, let tables = TraceTables(try memory.words(at: rest, count: TraceTables.wordCount)) else {
                return nil
            }
            return try body(self, page, tables)
        } catch {
            throw error == .notPermitted ? .notPermitted(pid: process.pid) : .process(.exited(pid: process.pid))
        }
    }

    /// The bytes of `count` pages from `page` on that are in memory, or in swap; all where the kernel does not say.
    private func resident(_ page: UInt64, _ count: Int) -> Int {
        let bytes = PreloadPage.mappingPageBytes
        let first = page * UInt64(bytes)
        guard let map = try? PageMap(of: process, pageBytes: bytes),
            let states = try? map.states(of: first..<first + UInt64(count * bytes))
        else { return count * bytes }
        return states.count { $0.contains(.present) } * bytes
    }
}

extension ProcessMemory {
    /// So many words of 32 bits.
    fileprivate func halfWords(at address: UInt64, count: Int) throws(MemoryReadFailure) -> [UInt32] {
        let pairs = try words(at: address, count: (count + 1) / 2)
        return pairs.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] }
    }
}
