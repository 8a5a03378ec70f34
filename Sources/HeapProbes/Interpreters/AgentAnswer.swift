/// What an agent says of its process: what it counts, and where the heap of objects is none of malloc's, what that holds.
///
/// `blocks 51230`, or `objects 18030 721200 884736`: bytes of live objects, and of all pages of their heap.
struct AgentAnswer: Hashable, Sendable {
    var count: Int
    var heap: ObjectHeap?

    /// Reads an answer that counts in `word`; nil where it says nothing.
    init?(_ text: String, word: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard words.first == word[...], numbers.count == words.count - 1, numbers.allSatisfy({ $0 >= 0 }) else {
            return nil
        }
        switch numbers.count {
        case 1: count = numbers[0]
        case 3 where numbers[1] <= numbers[2]:
            count = numbers[0]
            heap = ObjectHeap(liveBytes: numbers[1], heldBytes: numbers[2])
        default: return nil
        }
    }
}
