package import Remedies

extension Problem {
    /// The sentence in the words of the command line, without a full stop.
    package var words: String { pieces.map(\.words).joined() }
}

extension Problem.Piece {
    fileprivate var words: String {
        switch self {
        case .words(let words): words
        case .probe(let name): Remedy.probe(name)
        case .remedies(let remedies, let link): link.words + remedies.map(\.words).joinedAsChoice
        }
    }
}

extension Problem.Link {
    fileprivate var words: String {
        switch self {
        case .answer: ": "
        case .remark: "; "
        case .alternative: "; or "
        }
    }
}

extension [String] {
    /// `a`, `a, or b`, `a, b, or c`.
    fileprivate var joinedAsChoice: String {
        guard count > 1, let last else { return joined() }
        return dropLast().joined(separator: ", ") + ", or " + last
    }
}
