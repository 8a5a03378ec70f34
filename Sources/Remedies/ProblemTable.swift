import Synchronization

/// What is typed of the problems in a text, beside the text itself, where a problem is a string.
///
/// A coder that has a table in its `userInfo` writes problems in the table's words, and reads those back as what they were.
/// Without one the remedies are left out.
public final class ProblemTable: Sendable {
    /// Where a coder has its table.
    public static let key: CodingUserInfoKey = {
        guard let key = CodingUserInfoKey(rawValue: "problems") else { preconditionFailure("it is a name") }
        return key
    }()

    private let words: @Sendable (Problem) -> String
    private let known = Mutex<[String: [Problem.Piece]]>([:])

    /// An empty table; `words` puts a problem into words.
    public init(_ words: @escaping @Sendable (Problem) -> String) { self.words = words }

    /// The parts of the problems that are not words alone, by their texts; can be written, and read back.
    public var entries: [String: [Problem.Piece]] { known.withLock { $0 } }

    /// Adds what was written by a table.
    public func add(_ entries: [String: [Problem.Piece]]) {
        known.withLock { $0.merge(entries) { $1 } }
    }

    fileprivate func text(of problem: Problem) -> String {
        let text = words(problem)
        if !problem.isPlain { known.withLock { $0[text] = problem.pieces } }
        return text
    }

    fileprivate func problem(of text: String) -> Problem {
        known.withLock { $0[text] }.map(Problem.init) ?? Problem(text)
    }
}

extension Problem: Codable {
    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let table = decoder.userInfo[ProblemTable.key] as? ProblemTable
        self = table?.problem(of: text) ?? Problem(text)
    }

    /// Writes a string, which every reader understands.
    public func encode(to encoder: any Encoder) throws {
        let table = encoder.userInfo[ProblemTable.key] as? ProblemTable
        var container = encoder.singleValueContainer()
        try container.encode(table?.text(of: self) ?? description)
    }
}
