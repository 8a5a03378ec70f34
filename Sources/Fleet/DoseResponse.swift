import LeakStatistics

/// How much each connection leaves behind, from the floors of many lives.
///
/// A regression of the floor on connections accepted, with an effect for each life, so that only what changes within a life
/// counts. Beside connections it has what else may explain growth: hours, open connections, those that came of late, and for
/// memory the most that were open at a time, because allocators keep what they once needed. The interval comes from
/// resampling pods, the only units that are independent of each other (the pairs cluster bootstrap; Cameron, Gelbach and
/// Miller, 2008), with Student's t for the number of pods.
struct DoseResponse {
    /// What of a block may explain its level; connections come last.
    struct Terms {
        var hasHours: Bool
        var hasMostOpen: Bool

        var count: Int { 3 + (hasHours ? 1 : 0) + (hasMostOpen ? 1 : 0) }

        func values(_ block: PodLife.Block) -> [Double] {
            (hasHours ? [block.hours] : []) + [block.open, block.recent] + (hasMostOpen ? [block.mostOpen] : []) + [
                block.dose
            ]
        }
    }

    /// The sums of squares and products of one pod, each life about its own mean.
    struct Sums {
        var products: [Double]
        let size: Int

        init(terms: Int) {
            size = terms + 1
            products = Array(repeating: 0, count: size * size)
        }

        mutating func add(_ blocks: some Collection<PodLife.Block>, _ terms: Terms) {
            guard blocks.count > 1 else { return }
            let rows = blocks.map { terms.values($0) + [$0.level] }
            let means = (0..<size).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
            for row in rows {
                for left in 0..<size {
                    for right in 0..<size {
                        products[left * size + right] += (row[left] - means[left]) * (row[right] - means[right])
                    }
                }
            }
        }

        mutating func add(_ other: Sums) {
            for index in products.indices { products[index] += other.products[index] }
        }

        /// The last term's coefficient after all others; nil where they explain it wholly.
        var lastCoefficient: Double? {
            let matrix = eliminated
            let last = size - 2
            let rest = matrix[last * size + last]
            guard rest > Self.tolerance * products[last * size + last], rest > 0 else { return nil }
            return matrix[last * size + last + 1] / rest
        }

        /// All coefficients in the order of the terms, 0 for one that those before it explain wholly.
        var coefficients: [Double] {
            let matrix = eliminated
            var found = Array(repeating: 0.0, count: size - 1)
            for row in found.indices.reversed() {
                let pivot = matrix[row * size + row]
                guard pivot > Self.tolerance * products[row * size + row] else { continue }
                var value = matrix[row * size + size - 1]
                for column in (row + 1)..<size where column < size - 1 {
                    value -= matrix[row * size + column] * found[column]
                }
                found[row] = value / pivot
            }
            return found
        }

        /// Gaussian elimination of all terms but the last.
        private var eliminated: [Double] {
            var matrix = products
            let last = size - 2
            for pivot in 0..<last {
                let value = matrix[pivot * size + pivot]
                guard value > Self.tolerance * products[pivot * size + pivot] else { continue }
                for row in (pivot + 1)..<size {
                    let factor = matrix[row * size + pivot] / value
                    guard factor != 0 else { continue }
                    for column in pivot..<size { matrix[row * size + column] -= factor * matrix[pivot * size + column] }
                }
            }
            return matrix
        }

        /// A term of which less than this share is its own is explained by the others.
        private static let tolerance = 1e-5
    }

    /// What an open connection and one of late hold, by all blocks of all lives.
    ///
    /// It is taken out before the floor is looked for, or the floor would be that of the quietest hour.
    static func passing(_ lives: [ArraySlice<PodLife.Block>]) -> (open: Double, recent: Double) {
        let terms = Terms(hasHours: true, hasMostOpen: true)
        var sums = Sums(terms: terms.count)
        for life in lives { sums.add(life, terms) }
        let found = sums.coefficients
        return (found[1], found[2])
    }

    /// Growth per connection.
    let perConnection: Double
    /// Its standard error over pods.
    let standardError: Double
    /// Pods that have a part in it.
    let pods: Int

    /// The estimate over `pods`, each with the blocks of its lives; nil for fewer than three pods or where connections
    /// cannot be told from the other terms.
    init?(_ pods: [[ArraySlice<PodLife.Block>]], _ terms: Terms, seed: UInt64) {
        let sums = pods.map { lives in
            var sums = Sums(terms: terms.count)
            for life in lives { sums.add(life, terms) }
            return sums
        }.filter { $0.products[($0.size - 2) * $0.size + $0.size - 2] > 0 }
        guard sums.count >= 3 else { return nil }
        func total(_ indices: some Sequence<Int>) -> Double? {
            var total = Sums(terms: terms.count)
            for index in indices { total.add(sums[index]) }
            return total.lastCoefficient
        }
        guard let perConnection = total(sums.indices) else { return nil }
        var generator = SeededGenerator(seed: seed)
        var squares = 0.0
        var count = 0.0
        for _ in 0..<Self.resamples {
            let drawn = sums.indices.map { _ in Int.random(in: sums.indices, using: &generator) }
            guard let again = total(drawn) else { continue }
            squares += (again - perConnection) * (again - perConnection)
            count += 1
        }
        guard count > Double(Self.resamples) / 2 else { return nil }
        self.perConnection = perConnection
        self.pods = sums.count
        // A resample of few pods spreads too little by this.
        standardError = (squares / count * Double(sums.count) / Double(sums.count - 1)).squareRoot()
    }

    private static let resamples = 400

    /// The interval that all of `comparisons` hold together with `confidence`.
    func interval(confidence: Double, among comparisons: Int = 1) -> ClosedRange<Double> {
        let error = (1 - confidence) / 2 / Double(max(1, comparisons))
        let reach = StudentT.quantile(1 - error, degreesOfFreedom: pods - 1) * standardError
        return (perConnection - reach)...(perConnection + reach)
    }
}
