import CLinux

/// The allocator's own account of this process, exact to the byte (mallinfo2(3)).
///
/// Blocks that a thread caches for its next allocation count as live.
public struct OwnHeap: Sendable, Hashable, Codable {
    /// Bytes that the arenas have from the kernel.
    public var arenaBytes: Int
    /// Bytes in blocks large enough to be mapped individually.
    public var mappedBytes: Int
    /// Bytes of the arenas that are allocated.
    public var usedBytes: Int
    /// Bytes of the arenas that are free.
    public var freeBytes: Int
    /// Bytes free at the top of the first arena, which `trim` could give back.
    public var trimmableBytes: Int

    /// Bytes allocated and not freed.
    public var liveBytes: Int { usedBytes + mappedBytes }

    /// Reads the account over all arenas.
    public static func current() -> OwnHeap {
        let account = mallinfo2()
        return OwnHeap(
            arenaBytes: Int(account.arena), mappedBytes: Int(account.hblkhd), usedBytes: Int(account.uordblks),
            freeBytes: Int(account.fordblks), trimmableBytes: Int(account.keepcost))
    }

    /// Gives free pages back to the kernel; returns whether there were any (malloc_trim(3)).
    @discardableResult
    public static func trim() -> Bool { malloc_trim(0) == 1 }
}
