/// What a live page shows while a run goes on: parts that change one by one.
///
/// A value into which a run folds what it reports. It holds a bounded state and no history of changes, so that a viewer who
/// comes late, or reads slowly, gets what is, and never what was.
package protocol LiveState: Sendable {
    /// The names of all parts, in the order of the page; the first is its heading.
    static var partNames: [String] { get }
    /// The title of the page, as text.
    static var title: String { get }
    /// How often each part has changed so far; a part without an entry is empty.
    var changes: LiveChanges { get }
    /// Whether the run has ended, so that nothing will change any more.
    var isOver: Bool { get }
    /// A part as markup.
    func markup(of part: String) -> String
}

/// Which parts of a state changed when: each change has the next number.
package struct LiveChanges: Sendable {
    /// The number of the last change; 0 before the first.
    package private(set) var revision = 0
    /// The number of the last change of each part.
    package private(set) var parts: [String: Int] = [:]

    /// No change yet.
    package init() {}

    /// Notes that `names` have changed.
    mutating func note(_ names: String...) {
        revision += 1
        for name in names { parts[name] = revision }
    }
}
