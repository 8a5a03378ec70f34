/// What is wrong with a script, and where.
public struct ScriptMistake: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    public var line: Int
    /// The character of that line, counted from 1.
    public var column: Int
    /// What was expected there, with the nearest word where one is near.
    public var problem: String

    /// `3:8: expected ...`, to be put behind the name of the file.
    public var description: String { "\(line):\(column): \(problem)" }
}
