/// Finds objects by their identifiers, which are addresses, in little memory: in their order, by where each stretch begins.
struct ObjectNumbers {
    /// The numbers of objects, by ascending identifiers.
    private let order: [UInt32]
    private let lowest: UInt64
    private let shift: UInt64
    /// For each stretch of addresses, the first place in `order`; one more at the end.
    private let beginnings: [UInt32]

    private static let objectsAStretch = 4

    /// Sorts `ids`, which mostly ascend.
    init(_ ids: [UInt64]) {
        order = (0..<UInt32(ids.count)).sorted { ids[Int($0)] < ids[Int($1)] }
        lowest = order.first.map { ids[Int($0)] } ?? 0
        let extent = (order.last.map { ids[Int($0)] } ?? 0) - lowest
        let wanted = UInt64(max(1, ids.count / Self.objectsAStretch))
        shift = UInt64(64 - (extent / wanted).leadingZeroBitCount)
        var beginnings: [UInt32] = []
        beginnings.reserveCapacity(Int(extent >> shift) + 2)
        for (place, number) in order.enumerated() {
            let stretch = Int((ids[Int(number)] - lowest) >> shift)
            while beginnings.count <= stretch { beginnings.append(UInt32(place)) }
        }
        beginnings.append(UInt32(order.count))
        self.beginnings = beginnings
    }

    /// The number of the object with this identifier, which are `ids`; nil where there is none.
    func number(of id: UInt64, in ids: [UInt64]) -> UInt32? {
        guard id >= lowest else { return nil }
        let stretch = (id - lowest) >> shift
        guard stretch < UInt64(beginnings.count - 1) else { return nil }
        var low = Int(beginnings[Int(stretch)])
        var high = Int(beginnings[Int(stretch) + 1])
        while low < high {
            let middle = (low + high) / 2
            if ids[Int(order[middle])] < id { low = middle + 1 } else { high = middle }
        }
        guard low < order.count, ids[Int(order[low])] == id else { return nil }
        return order[low]
    }
}
