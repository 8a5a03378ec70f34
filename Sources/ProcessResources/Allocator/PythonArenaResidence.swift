/// The pages of one of CPython's arenas.
struct PythonArenaResidence {
    let arena: PythonArenaTable.Arena
    let pageBytes: Int
    /// From the arena's beginning on.
    let states: [MemoryImage.PageState]

    /// Bytes of pages that the process holds.
    var heldBytes: Int { states.count { $0.contains(.held) } * pageBytes }

    /// What is in use and free in the arena, whose used `pools` have `headers` in order; nil if one is not a header.
    func tally(_ pools: [UInt64], _ headers: Span<UInt64>, poolBytes: Int) -> PythonTally? {
        var tally = PythonTally()
        var emptyPools = arena.totalPools - pools.count
        var heldInPools = 0
        let count = PythonPool.headerWordCount
        for (index, address) in pools.enumerated() {
            let words = headers.extracting(index * count..<(index + 1) * count)
            guard let pool = PythonPool(words, poolBytes: poolBytes, arena: arena.index) else { return nil }
            let held = heldBytes(of: address, poolBytes)
            heldInPools += held
            tally.usedBytes += pool.usedBytes
            tally.usedBlocks += pool.usedBlocks
            tally.freeBytes += min(held, poolBytes - PythonPool.headerBytes - pool.usedBytes)
            if pool.usedBlocks == 0 { emptyPools += 1 }
        }
        // Pools that were used before, and those that never were.
        guard emptyPools == arena.freePools else { return nil }
        tally.freeBytes += heldBytes - heldInPools
        return tally
    }

    private func heldBytes(of address: UInt64, _ poolBytes: Int) -> Int {
        let first = Int(address - arena.address) / pageBytes
        let last = Int(address - arena.address) + poolBytes - 1
        return (first...last / pageBytes).count { $0 < states.count && states[$0].contains(.held) } * pageBytes
    }
}
