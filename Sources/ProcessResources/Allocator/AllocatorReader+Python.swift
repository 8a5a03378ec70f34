extension AllocatorReader {
    /// What was found of CPython's allocator.
    struct PythonArenas {
        var tally = PythonTally()
        /// The pages of its arenas.
        var addresses: [Range<UInt64>] = []
        /// Bytes of those pages that the process holds.
        var heldBytes = 0
    }

    /// Adds up the arenas of each candidate that is a table; nil if none is.
    func pythonArenas(
        _ candidates: [Range<UInt64>], _ pageMap: borrowing PageMap
    ) throws(AttemptFailure) -> PythonArenas? {
        var found: PythonArenas?
        for candidate in candidates {
            guard let table = PythonArenaTable(in: candidate, of: image) else { continue }
            for poolBytes in PythonPool.knownBytes {
                guard let arenas = try pythonArenas(table, poolBytes: poolBytes, pageMap) else { continue }
                // An interpreter beside the main one has a table of its own.
                found = found.map { $0 + arenas } ?? arenas
                break
            }
        }
        return found
    }

    /// Adds up the arenas of a table; nil unless all their pools are of this size.
    private func pythonArenas(
        _ table: PythonArenaTable, poolBytes: UInt64, _ pageMap: borrowing PageMap
    ) throws(AttemptFailure) -> PythonArenas? {
        var sum = PythonArenas()
        for arena in table.arenas {
            let addresses = arena.address..<arena.address + poolBytes * UInt64(PythonArenaTable.poolsOfArena)
            let pools = PythonPool.addresses(of: arena, poolBytes: poolBytes)
            guard pools.count <= arena.totalPools,
                let headers = try headers(at: pools, wordCount: PythonPool.headerWordCount)
            else { return nil }
            let states = try states(of: addresses, in: pageMap)
            let residence = PythonArenaResidence(arena: arena, pageBytes: image.pageBytes, states: states)
            guard let tally = residence.tally(pools, headers.span, poolBytes: Int(poolBytes)) else { return nil }
            sum = sum + PythonArenas(tally: tally, addresses: [addresses], heldBytes: residence.heldBytes)
        }
        return sum
    }
}

extension AllocatorReader.PythonArenas {
    static func + (left: Self, right: Self) -> Self {
        Self(
            tally: PythonTally(
                usedBytes: left.tally.usedBytes + right.tally.usedBytes,
                usedBlocks: left.tally.usedBlocks + right.tally.usedBlocks,
                freeBytes: left.tally.freeBytes + right.tally.freeBytes),
            addresses: left.addresses + right.addresses, heldBytes: left.heldBytes + right.heldBytes)
    }
}
