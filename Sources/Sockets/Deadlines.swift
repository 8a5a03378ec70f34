public import SystemCalls

/// Something that an event loop calls at its deadline; it has one deadline at a time.
///
/// Confined to the thread of its loop.
open class Timed {
    /// When it is due; `never` while nothing is scheduled.
    @exclusivity(unchecked) public fileprivate(set) var deadline = MonotonicTime.never
    @exclusivity(unchecked) fileprivate var heapIndex = -1

    /// Nothing scheduled.
    public init() {}

    /// Called on the loop's thread when the deadline is reached; it is `never` again by then.
    open func deadlineReached() {}

    /// Called when the loop ends, with `never` as the deadline: release everything and resume all waiters.
    open func loopEnds() {}
}

/// The deadlines of one loop: a binary heap that knows each entry's place, so that an ending connection removes its
/// deadline and nothing is retained until a limit expires.
struct Deadlines: ~Copyable {
    private var heap: [Timed] = []

    /// The earliest deadline, `never` when there is none.
    var earliest: MonotonicTime { heap.first?.deadline ?? .never }
    var count: Int { heap.count }

    /// Sets, moves or (with `never`) removes the deadline of `timed`.
    mutating func set(_ timed: Timed, to deadline: MonotonicTime) {
        if timed.heapIndex < 0 {
            guard deadline != .never else { return }
            timed.deadline = deadline
            timed.heapIndex = heap.count
            heap.append(timed)
            siftUp(timed.heapIndex)
        } else if deadline == .never {
            remove(at: timed.heapIndex)
        } else {
            let earlier = deadline < timed.deadline
            timed.deadline = deadline
            if earlier { siftUp(timed.heapIndex) } else { siftDown(timed.heapIndex) }
        }
    }

    /// Removes the earliest entry that is due at `now`.
    mutating func popDue(at now: MonotonicTime) -> Timed? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        remove(at: 0)
        return first
    }

    /// Removes any one entry.
    mutating func popAny() -> Timed? {
        guard let last = heap.last else { return nil }
        remove(at: heap.count - 1)
        return last
    }

    private mutating func remove(at index: Int) {
        let removed = heap[index]
        let last = heap.removeLast()
        if last !== removed {
            heap[index] = last
            last.heapIndex = index
            siftUp(index)
            siftDown(last.heapIndex)
        }
        removed.heapIndex = -1
        removed.deadline = .never
        // A burst of connections must not leave its high-water mark for ever.
        if heap.capacity > 1024 && heap.count < heap.capacity / 8 {
            var kept: [Timed] = []
            kept.reserveCapacity(heap.count * 2)
            kept += heap
            heap = kept
        }
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        let moving = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard moving.deadline < heap[parent].deadline else { break }
            place(heap[parent], at: index)
            index = parent
        }
        place(moving, at: index)
    }

    private mutating func siftDown(_ start: Int) {
        var index = start
        let moving = heap[index]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count && heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < moving.deadline else { break }
            place(heap[child], at: index)
            index = child
        }
        place(moving, at: index)
    }

    private mutating func place(_ timed: Timed, at index: Int) {
        heap[index] = timed
        timed.heapIndex = index
    }
}
