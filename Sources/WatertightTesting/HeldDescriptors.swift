import ProcessResources

/// The descriptors that are held, with the block of runs in which each was seen first.
///
/// Those with a number of the kernel's own, such as sockets, are distinguished. Others, such as many of one device, may
/// be the old one or closed and opened again at its number. So they are only counted, and a fall removes the latest: a
/// pool that exchanges its members holds no more than before.
struct HeldDescriptors {
    private var numbered: [DescriptorIdentity: Int] = [:]
    /// The blocks of those that lead to the same place, in the order in which their count grew.
    private var alike: [UInt64: [Int]] = [:]
    /// How many of each the current reading has.
    private var seen: [UInt64: Int] = [:]

    init() {
        // So that a growing table does not look like a growing heap.
        numbered.reserveCapacity(1024)
        alike.reserveCapacity(64)
        seen.reserveCapacity(64)
    }

    /// Records what is open; what is new belongs to `block`. Returns whether anything has changed since the last
    /// reading.
    mutating func update(_ present: [DescriptorIdentity], block: Int) -> Bool {
        var hasChanged = false
        Holdings.update(&numbered, present.lazy.filter(\.isNumbered), block, &hasChanged)
        seen.removeAll(keepingCapacity: true)
        for identity in present where !identity.isNumbered { seen[identity.link, default: 0] += 1 }
        for (link, count) in seen {
            let before = alike[link]?.count ?? 0
            guard count != before else { continue }
            hasChanged = true
            if count > before {
                alike[link, default: []] += repeatElement(block, count: count - before)
            } else {
                alike[link]?.removeLast(before - count)
            }
        }
        if seen.count < alike.count {
            hasChanged = true
            alike = alike.filter { seen[$0.key] != nil }
        }
        return hasChanged
    }

    /// How many are open.
    var count: Int { alike.values.reduce(numbered.count) { $0 + $1.count } }

    /// How many were seen first in each block.
    var counts: [Int: Int] {
        var counts: [Int: Int] = [:]
        for block in numbered.values { counts[block, default: 0] += 1 }
        for blocks in alike.values {
            for block in blocks { counts[block, default: 0] += 1 }
        }
        return counts
    }

    /// Those of `open` that were first seen in one of `blocks`; of indistinguishable ones, as many.
    func among(_ open: [OpenDescriptor], in blocks: Range<Int>) -> [OpenDescriptor] {
        var left = alike.mapValues { $0.count(where: blocks.contains) }
        // The latest are likely to have the highest numbers.
        return open.sorted { $0.identity.number > $1.identity.number }.filter { descriptor in
            let identity = descriptor.identity
            if identity.isNumbered { return numbered[identity].map(blocks.contains) ?? false }
            guard let count = left[identity.link], count > 0 else { return false }
            left[identity.link] = count - 1
            return true
        }
    }
}
