/// What is in use and what is free inside the allocators of a process, in bytes, read from its memory.
public struct AllocatorUsage: Sendable, Hashable, Codable {
    /// What the arenas of one allocator hold.
    public struct Arenas: Sendable, Hashable, Codable {
        /// Bytes allocated and not freed, with the allocator's own headers.
        public var usedBytes: Int
        /// Bytes that later allocations may use, in pages that the process already holds alone.
        public var freeBytes: Int

        /// Zero, to start a sum.
        public static let zero = Arenas(usedBytes: 0, freeBytes: 0)

        /// Joins amounts in bytes.
        public init(usedBytes: Int, freeBytes: Int) {
            self.usedBytes = usedBytes
            self.freeBytes = freeBytes
        }
    }

    /// The arenas of glibc's malloc, exact to the byte; blocks that a thread caches for its next allocation are free.
    public var glibc: Arenas
    /// The arenas of CPython's allocator of small objects; nil if none was found.
    public var python: Arenas?
    /// Bytes in blocks that malloc has mapped individually, all in use.
    public var mappedBytes: Int
    /// Private anonymous memory that none of these allocators explains: stacks, and the heaps of other allocators.
    ///
    /// The free part of it is unknown, so all of it counts as room.
    public var unaccountedBytes: Int

    /// Joins amounts in bytes.
    public init(glibc: Arenas, python: Arenas? = nil, mappedBytes: Int, unaccountedBytes: Int) {
        self.glibc = glibc
        self.python = python
        self.mappedBytes = mappedBytes
        self.unaccountedBytes = unaccountedBytes
    }

    /// Bytes allocated from arenas and not freed.
    public var usedBytes: Int { glibc.usedBytes + (python?.usedBytes ?? 0) }
    /// Bytes of the arenas that later allocations may use before the process grows.
    public var freeBytes: Int { glibc.freeBytes + (python?.freeBytes ?? 0) }
    /// Bytes allocated and not freed, wherever they are: the gauge of the native heap.
    public var liveBytes: Int { usedBytes + mappedBytes }
    /// The most that a leak could take without the process growing.
    public var roomBytes: Int { freeBytes + unaccountedBytes }
}
