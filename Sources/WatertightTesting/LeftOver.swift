/// Things of one sort that were left behind, as evidence.
struct LeftOver: Equatable {
    /// What they are: `socket in CLOSE_WAIT`, `file`, a thread's name, an object's type.
    var sort: String
    /// How many there are.
    var count: Int
    /// The first few of them, if there is more to say than their sort.
    var examples: [String]

    static let maximumExamples = 3

    /// Sorts things, the largest sort first.
    static func sorted(_ things: some Sequence<(sort: String, example: String?)>) -> [LeftOver] {
        var bySort: [String: LeftOver] = [:]
        for (sort, example) in things {
            var left = bySort[sort] ?? LeftOver(sort: sort, count: 0, examples: [])
            left.count += 1
            if let example, left.examples.count < maximumExamples { left.examples.append(example) }
            bySort[sort] = left
        }
        return bySort.values.sorted { ($0.count, $1.sort) > ($1.count, $0.sort) }
    }
}

extension LeftOver: CustomStringConvertible {
    /// How many of which sort, and examples.
    var description: String {
        "\(count) × \(sort)" + (examples.isEmpty ? "" : ", such as " + examples.joined(separator: "; "))
    }
}
