/// What the allocators of the target's processes hold, in bytes.
public struct AllocatorLevels: Hashable, Sendable, Codable {
    /// Allocated and not freed.
    public var liveBytes: Int
    /// Free, in memory that the processes hold: the reserve that the allocator keeps.
    public var freeBytes: Int
    /// What may be used before the processes grow: what is free, and what no known allocator explains.
    public var roomBytes: Int

    /// Levels of all processes together.
    public init(liveBytes: Int, freeBytes: Int, roomBytes: Int) {
        self.liveBytes = liveBytes
        self.freeBytes = freeBytes
        self.roomBytes = roomBytes
    }
}
