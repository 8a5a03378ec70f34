/// The word that was probably meant.
package enum NearestWord {
    /// The one of `words` that is fewest changes of a letter from `word`; nil where none is near.
    package static func of(_ word: some StringProtocol, in words: some Sequence<String>) -> String? {
        // More than a word of the language has: no need to compare.
        guard word.count <= 40 else { return nil }
        let near = words.map { (word: $0, distance: distance(Array(word.lowercased()), Array($0))) }
            .min { $0.distance < $1.distance }
        guard let near, near.distance <= max(1, word.count / 3) || near.word.hasPrefix(word) && word.count > 1 else {
            return nil
        }
        return near.word
    }

    /// `; did you mean "send"?`, or nothing where none is near.
    package static func question(_ word: some StringProtocol, in words: some Sequence<String>) -> String {
        of(word, in: words).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// The least number of letters to insert, remove, replace or swap with the next (Damerau and Levenshtein).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before = [Int]()
        var row = Array(0...right.count)
        for i in left.indices {
            var next = [i + 1]
            for j in right.indices {
                var least = min(row[j] + (left[i] == right[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    least = min(least, before[j - 1] + 1)
                }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[right.count]
    }
}
