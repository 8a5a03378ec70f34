/// What a process has in memory, in bytes, as `/proc/PID/smaps_rollup` adds it up.
public struct MemoryUsage: Sendable, Hashable, Codable {
    /// Pages in memory, shared ones counted in full (RSS).
    public var residentBytes: Int
    /// Pages in memory, each divided by the number of processes that share it (PSS).
    public var proportionalBytes: Int
    /// Pages of only this process that equal what is on disk, or that it has given back with `MADV_FREE`.
    public var privateCleanBytes: Int
    /// Pages of only this process that it has written to.
    public var privateDirtyBytes: Int
    /// Pages that belong to no file: heap, stacks, anonymous mappings, and written copies of file pages.
    public var anonymousBytes: Int
    /// Anonymous pages that have been moved out to swap.
    public var swapBytes: Int
    /// The largest that `residentBytes` has ever been, if the kernel says so.
    public var highWaterMarkBytes: Int?

    /// What a leak makes grow: pages that only this process has written to, in memory or in swap.
    ///
    /// Excludes clean and file pages: they come and go with the page cache and with other processes, cost nothing to
    /// drop, and hold no allocation that the process could have forgotten. Includes swap, or a leak would shrink under
    /// memory pressure.
    public var privateBytes: Int { privateDirtyBytes + swapBytes }

    /// Zero, to start a sum.
    public static let zero = MemoryUsage(
        residentBytes: 0, proportionalBytes: 0, privateCleanBytes: 0, privateDirtyBytes: 0, anonymousBytes: 0,
        swapBytes: 0, highWaterMarkBytes: nil)

    /// Joins amounts in bytes.
    public init(
        residentBytes: Int, proportionalBytes: Int, privateCleanBytes: Int, privateDirtyBytes: Int,
        anonymousBytes: Int, swapBytes: Int, highWaterMarkBytes: Int? = nil
    ) {
        self.residentBytes = residentBytes
        self.proportionalBytes = proportionalBytes
        self.privateCleanBytes = privateCleanBytes
        self.privateDirtyBytes = privateDirtyBytes
        self.anonymousBytes = anonymousBytes
        self.swapBytes = swapBytes
        self.highWaterMarkBytes = highWaterMarkBytes
    }

    /// Adds the memory of two processes; pages they share are counted twice in `residentBytes`, once in
    /// `proportionalBytes`.
    public static func + (left: MemoryUsage, right: MemoryUsage) -> MemoryUsage {
        MemoryUsage(
            residentBytes: left.residentBytes + right.residentBytes,
            proportionalBytes: left.proportionalBytes + right.proportionalBytes,
            privateCleanBytes: left.privateCleanBytes + right.privateCleanBytes,
            privateDirtyBytes: left.privateDirtyBytes + right.privateDirtyBytes,
            anonymousBytes: left.anonymousBytes + right.anonymousBytes,
            swapBytes: left.swapBytes + right.swapBytes,
            highWaterMarkBytes: left.highWaterMarkBytes.map { $0 + (right.highWaterMarkBytes ?? 0) }
                ?? right.highWaterMarkBytes)
    }
}
