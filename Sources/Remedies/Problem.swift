/// What went wrong, and what can be done about it.
///
/// Its text is a sentence without a full stop. Whoever shows it to a user puts words in place of what is typed; `description` is
/// for logs, and for where nobody can do anything.
public struct Problem: Hashable, Sendable {
    /// A part of the sentence.
    public enum Piece: Hashable, Sendable, Codable {
        /// As it is.
        case words(String)
        /// A probe of the live heap that the user has asked for by this name.
        case probe(String)
        /// What can be done, each by itself.
        case remedies([Remedy], after: Link)
    }

    /// How remedies follow what was said before.
    public enum Link: String, Hashable, Sendable, Codable {
        /// As the answer to it.
        case answer
        /// The same where that has a colon of its own.
        case remark
        /// As another way than the one that it names itself.
        case alternative
    }

    /// The parts of the sentence, in order.
    public private(set) var pieces: [Piece]

    /// A problem of these parts.
    public init(_ pieces: [Piece]) {
        self.pieces = []
        for piece in pieces { append(piece) }
    }

    /// A problem in words, about which nothing is known that can be done.
    public init(_ words: String) { self.init([.words(words)]) }

    /// What can be done about it.
    public var remedies: [Remedy] {
        pieces.flatMap { piece -> [Remedy] in
            if case .remedies(let remedies, _) = piece { remedies } else { [] }
        }
    }

    /// Whether nothing is said.
    public var isEmpty: Bool { pieces.isEmpty }

    /// Whether all of it is words.
    var isPlain: Bool {
        pieces.allSatisfy { piece -> Bool in
            if case .words = piece { true } else { false }
        }
    }

    /// Adds a part; words to words.
    mutating func append(_ piece: Piece) {
        switch (pieces.last, piece) {
        case (_, .words("")): break
        case (.words(let before)?, .words(let words)): pieces[pieces.count - 1] = .words(before + words)
        default: pieces.append(piece)
        }
    }

    /// One after the other.
    public static func + (left: Problem, right: Problem) -> Problem { Problem(left.pieces + right.pieces) }
}

extension Problem: CustomStringConvertible {
    /// What went wrong, without the remedies.
    public var description: String {
        pieces.map { piece in
            switch piece {
            case .words(let words): words
            case .probe(let name): "the probe \(name)"
            case .remedies: ""
            }
        }.joined()
    }
}

/// What has a problem, such as an error that says why.
public protocol Problematic {
    /// What went wrong, and what can be done about it.
    var problem: Problem { get }
}
