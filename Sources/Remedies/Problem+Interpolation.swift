extension Problem: ExpressibleByStringInterpolation {
    /// A problem in words.
    public init(stringLiteral words: String) { self.init(words) }

    /// What stands in the text, with the remedies of the problems in it.
    public init(stringInterpolation: StringInterpolation) { self = stringInterpolation.problem }

    /// Puts a problem together: `"process \(pid) has no inspector\(remedies: .goWithoutHeap)"`.
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var problem = Problem([])

        /// Nothing yet.
        public init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds words.
        public mutating func appendLiteral(_ words: String) { problem.append(.words(words)) }

        /// Adds the text of a value; of a problem, or of an error that has one, with its remedies.
        public mutating func appendInterpolation(_ value: some Any) {
            let other = (value as? any Problematic)?.problem ?? value as? Problem
            for piece in other?.pieces ?? [.words("\(value)")] { problem.append(piece) }
        }

        /// Adds a probe of the live heap that the user has asked for by its name.
        public mutating func appendInterpolation(probe name: String) { problem.append(.probe(name)) }

        /// Adds what can be done; each helps by itself. It brings the sign before it.
        public mutating func appendInterpolation(remedies: Remedy..., after link: Link = .answer) {
            problem.append(.remedies(remedies, after: link))
        }
    }
}
