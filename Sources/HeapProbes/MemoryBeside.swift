/// What a probe knows of the memory of a process that is none of its allocator's.
public struct MemoryBeside: Hashable, Sendable {
    /// What may be free in it, in bytes: the program's own mappings and its variables. Nil where that is not known.
    public var freeBytes: Int?
    /// The heap of an interpreter's objects, where that lies beside the allocator.
    public var heap: ObjectHeap?

    /// Describes what is known.
    public init(freeBytes: Int? = nil, heap: ObjectHeap? = nil) {
        self.freeBytes = freeBytes
        self.heap = heap
    }
}

/// The heap of an interpreter's objects, in pages that it maps itself.
public struct ObjectHeap: Hashable, Sendable {
    /// What live objects take.
    public var liveBytes: Int
    /// What all its pages take.
    public var heldBytes: Int

    /// Describes a heap, in bytes.
    public init(liveBytes: Int, heldBytes: Int) {
        self.liveBytes = liveBytes
        self.heldBytes = heldBytes
    }
}
