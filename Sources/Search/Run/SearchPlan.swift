package import LeakCheck

/// What to search and how.
package struct SearchPlan: Sendable {
    /// The target, what is read of it and how peers speak: what a check of it would have. Its budget is that of a row that
    /// confirms a suspect; its lifecycles are those that the search begins with.
    package var check: CheckPlan
    /// Time for the search; a suspicion may overrun it by what its confirmation takes.
    package var budget: Duration = .seconds(600)
    /// What the application understands.
    package var dictionary = SearchDictionary()
    /// Scripts to begin with, before the lifecycles of the check.
    package var corpus: [SearchScript] = []
    /// How many findings are enough.
    package var mostFindings = 20

    /// A search of what `check` would check.
    package init(_ check: CheckPlan) { self.check = check }

    /// Time for a row that confirms a suspect, beside its pause.
    static let confirmingBudget = Duration.seconds(20)
    /// What the search may overrun its budget by.
    var overrun: Duration { (check.pause ?? .seconds(75)) + Self.confirmingBudget + .seconds(30) }
}
