import Targets

/// How many connections a target can take before what leaks exhausts it; pure.
enum SafeLoad {
    /// What it comes to.
    enum Answer: Hashable {
        /// So many connections may follow.
        case room(Int)
        /// None may.
        case none(StopReason)
    }

    /// The share of a process's limit of descriptors that may be used up.
    private static let descriptorShare = 0.6
    /// The share of what may be used up that is left for the connections after a pause.
    private static let shareBeforePause = 0.6
    /// Threads and bytes that a target may gain: beyond what any test machine bears easily.
    private static let (mostThreads, mostBytes) = (2000, 2 << 30)
    /// Blocks that must fit into what may be used up: fewer would be no evidence.
    private static let leastBlocks = 16.0
    /// The share of what may be used up below which it does not bound a block.
    private static let negligibleShare = 0.05
    /// The least connections that are worth a block, where its share allows as many.
    private static let leastBlock = 20.0

    /// What may be left of connections that seem to have left nothing: a few may not show yet, and none of `n` speaks only
    /// against a rate of more than three in `n` (the rule of three; Hanley and Lippman-Hand, 1983).
    private static let rateOfNone = 3.0

    /// How many peers a process with `use` may have connected at a time.
    static func peers(_ use: DescriptorUse?) -> Int {
        guard let use else { return .max }
        return max(1, Int(descriptorShare * Double(use.limit - min(use.limit, use.count)) / 2))
    }

    /// How many connections the row's target can take next.
    ///
    /// `use` is what the process with the least room had open at the first reading and at the last: each process is held
    /// against its own limit.
    static func connections(
        _ row: RowMeasurement, use: (first: DescriptorUse, last: DescriptorUse)?, isBeforePause: Bool
    ) -> Answer {
        guard let first = row.samples.first, let last = row.samples.last, let use else { return .room(.max) }
        let limit = use.last.limit
        let safe = descriptorShare * Double(limit) - Double(use.first.count)
        // Before anything is known of it, even a connection may leave a descriptor.
        guard row.completed > 0 else { return .room(Int(max(1, descriptorShare * safe / leastBlocks))) }
        let gains: [(grown: Int, whole: Double, reason: StopReason)] = [
            (use.last.count - use.first.count, safe, .descriptors(limit: limit)),
            (last.threads - first.threads, Double(mostThreads), .threads(mostThreads)),
            (last.privateMemory - first.privateMemory, Double(mostBytes), .memory(bytes: mostBytes)),
        ]
        var room = Int.max
        for gain in gains {
            // A suspicion must still be confirmed after the pause.
            let limit = isBeforePause ? shareBeforePause * gain.whole : gain.whole
            let rate = max(rateOfNone, Double(gain.grown)) / Double(row.completed)
            let share = max(1, limit / rate / leastBlocks)
            room = min(room, Int(min(share, 1e9)))
            guard Double(gain.grown) > negligibleShare * limit else { continue }
            let left = (limit - Double(gain.grown)) / rate
            if left < min(leastBlock, share) { return .none(gain.reason) }
            // Half of what is left, so that an estimate that is too low cannot overshoot.
            room = min(room, max(1, Int(min(left / 2, 1e9))))
        }
        return .room(room)
    }
}
