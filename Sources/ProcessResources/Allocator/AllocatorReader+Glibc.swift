extension AllocatorReader {
    /// The most bytes of a program's variables that are searched for the main arena.
    private static let variablesLimit = 16 << 20
    /// Far more than a process has: eight for each processor at most.
    private static let arenaLimit = 8192
    private static let heapLimit = 65_536

    /// Finds the main arena among the variables of the C library, or of the program that contains it.
    mutating func locate(in mappings: [MemoryMapping]) throws(AttemptFailure) -> GlibcLocation {
        let program = try attempting { () throws(ProcessReadFailure) in try process.executable() }
        let libraries = mappings.filter { $0.mayHoldVariables && $0.isOfCLibrary }
        let programs = mappings.filter { $0.mayHoldVariables && $0.backing == .file(program) }
        for mapping in libraries + programs {
            let words = try variables(mapping)
            guard let found = GlibcLocation(searching: words.span, at: mapping.addresses.lowerBound) else { continue }
            return found
        }
        throw .final(.noKnownAllocator(pid: process.pid))
    }

    /// The first part of a mapping, as large as variables may be.
    func variables(_ mapping: MemoryMapping) throws(AttemptFailure) -> [UInt64] {
        let bytes = Int(mapping.addresses.upperBound - mapping.addresses.lowerBound)
        return try attempting { () throws(MemoryReadFailure) in
            try memory.words(at: mapping.addresses.lowerBound, count: min(bytes, Self.variablesLimit) / 8)
        }
    }

    /// Reads the state of all arenas, each with its address, the main one first.
    mutating func arenas() throws(AttemptFailure) -> [(address: UInt64, state: GlibcArena)] {
        guard let place = location else { throw .again("the main arena is not where it was") }
        for header in place.headerBytes.map({ [$0] }) ?? GlibcArena.headerBytes {
            guard let main = try arena(bins: place.bins, header: header),
                let ring = try ring(from: main, header: header)
            else { continue }
            location?.headerBytes = header
            return ring
        }
        throw .again("the arenas do not form a ring")
    }

    private func ring(
        from main: GlibcArena, header: UInt64
    ) throws(AttemptFailure) -> [(address: UInt64, state: GlibcArena)]? {
        var ring = [(address: main.bins - header, state: main)]
        var next = main.next
        while next != ring[0].address {
            guard ring.count < Self.arenaLimit, let state = try arena(bins: next &+ header, header: header)
            else { return nil }
            ring.append((next, state))
            next = state.next
        }
        return ring
    }

    private func arena(bins: UInt64, header: UInt64) throws(AttemptFailure) -> GlibcArena? {
        let hasFastChunks = GlibcArena.hasFastChunks(header: header)
        let before = hasFastChunks ? GlibcArena.mostWordsBefore : GlibcArena.leastWordsBefore
        let words: [UInt64]
        do {
            words = try memory.words(at: bins &- UInt64(before * 8), count: before + GlibcArena.wordCount)
        } catch {
            if error == .unmapped { return nil }
            throw error.consequence(pid: process.pid)
        }
        return GlibcArena(words.span, at: before, bins: bins, hasFastChunks: hasFastChunks)
    }

    /// Finds the heaps of all arenas, in the order of their addresses.
    func heaps(
        of arenas: [(address: UInt64, state: GlibcArena)], in mappings: [MemoryMapping]
    ) throws(AttemptFailure) -> [GlibcHeap] {
        var heaps: [GlibcHeap] = []
        let main = arenas[0].state
        if !main.isUnused {
            guard let end = mappings.last(where: { $0.backing == .heap })?.addresses.upperBound else {
                throw .again("the main arena has a heap and the process none")
            }
            heaps.append(
                try attempting { () throws(Contradiction) in
                    try .main(main, end: end, pageBytes: image.pageBytes)
                })
        }
        for arena in arenas.dropFirst() {
            var start = GlibcHeap.start(arena.state.top)
            while start != 0 {
                guard heaps.count < Self.heapLimit else { throw .again("heaps without end") }
                let state = try attempting { () throws(MemoryReadFailure) in
                    try memory.words(at: start, count: GlibcHeap.stateWordCount)
                }
                heaps.append(
                    try attempting { () throws(Contradiction) in
                        try .other(
                            arena.state, at: arena.address, start: start, state: state, pageBytes: image.pageBytes)
                    })
                start = state[1]
            }
        }
        return heaps.sorted { $0.pages.lowerBound < $1.pages.lowerBound }
    }

    /// Copies the heaps, except pages that were never written.
    mutating func copy(_ heaps: [GlibcHeap], _ pageMap: borrowing PageMap) throws(AttemptFailure) {
        let bytes = heaps.reduce(0) { $0 + $1.pages.count }
        guard bytes <= Self.limit else {
            throw .final(.tooLarge(pid: process.pid, bytes: bytes, limit: Self.limit))
        }
        image.removeAll(reserving: bytes)
        var pieces: [ProcessMemory.Piece] = []
        for heap in heaps {
            let states = try states(of: heap.pages, in: pageMap)
            do {
                let region = try image.append(heap.pages, pages: states)
                pieces += ProcessMemory.Piece.present(states, in: region, pageBytes: image.pageBytes)
            } catch {
                throw error.consequence(pid: process.pid)
            }
        }
        do {
            try memory.copy(pieces, into: &image.words)
        } catch {
            throw error.consequence(pid: process.pid)
        }
    }

    /// Adds up the chunks of all heaps, and returns what may be tables of CPython.
    func walk(
        _ heaps: [GlibcHeap], of arenas: [(address: UInt64, state: GlibcArena)], seeksTables: Bool,
        into reading: inout AllocatorReading
    ) throws(AttemptFailure) -> [Range<UInt64>] {
        var walk = GlibcHeapWalk(seeksTables: seeksTables)
        do {
            for heap in heaps { try walk.add(heap, in: image) }
            var lists = GlibcFreeLists(limit: walk.usedBytes)
            for arena in arenas { try lists.addFastChunks(of: arena.state, in: image) }
            for candidate in walk.cacheCandidates { lists.addCache(at: candidate, in: image) }
            reading.fastBytes = lists.fastBytes
            reading.cacheBytes = lists.cacheBytes
        } catch {
            throw error.consequence(pid: process.pid)
        }
        reading.chunkBytes = walk.usedBytes
        reading.freeBytes = walk.freeBytes
        reading.heldFreeBytes = walk.heldFreeBytes
        return walk.tableCandidates
    }
}

extension ProcessMemory.Piece {
    /// The runs of present pages.
    static func present(
        _ states: [MemoryImage.PageState], in region: MemoryImage.Region, pageBytes: Int
    ) -> [ProcessMemory.Piece] {
        var pieces: [ProcessMemory.Piece] = []
        var isInRun = false
        for (index, state) in states.enumerated() {
            defer { isInRun = state.contains(.present) }
            guard state.contains(.present) else { continue }
            if isInRun {
                pieces[pieces.count - 1].wordCount += pageBytes / 8
            } else {
                pieces.append(
                    ProcessMemory.Piece(
                        address: region.addresses.lowerBound + UInt64(index * pageBytes), wordCount: pageBytes / 8,
                        destination: region.firstWord + index * pageBytes / 8))
            }
        }
        return pieces
    }
}
