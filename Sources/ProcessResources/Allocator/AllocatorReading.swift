/// One reading of an allocator, in the parts that the allocator's own account distinguishes.
struct AllocatorReading: Hashable {
    /// Bytes that look in use to a walk from chunk to chunk.
    var chunkBytes = 0
    /// Bytes of free chunks and of the top of each heap, whether the process holds their pages or not.
    var freeBytes = 0
    /// The part of `freeBytes` in pages that the process holds.
    var heldFreeBytes = 0
    /// The part of `chunkBytes` in the lists of small chunks that arenas have.
    var fastBytes = 0
    /// The part of `chunkBytes` that threads cache for their next allocations.
    var cacheBytes = 0
    /// Bytes in individually mapped blocks.
    var mappedBytes = 0
    var python: PythonTally?
    var unaccountedBytes = 0

    var usage: AllocatorUsage {
        AllocatorUsage(
            glibc: AllocatorUsage.Arenas(
                usedBytes: chunkBytes - fastBytes - cacheBytes, freeBytes: heldFreeBytes + fastBytes + cacheBytes),
            python: python.map { AllocatorUsage.Arenas(usedBytes: $0.usedBytes, freeBytes: $0.freeBytes) },
            mappedBytes: mappedBytes, unaccountedBytes: unaccountedBytes)
    }
}

/// What is in use and what is free in CPython's arenas.
struct PythonTally: Hashable {
    var usedBytes = 0
    /// How many objects are in use.
    var usedBlocks = 0
    /// Bytes for other objects, in pages that the process holds.
    var freeBytes = 0
}
