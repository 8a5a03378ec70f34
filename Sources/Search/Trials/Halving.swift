/// Halves a group until one script is left that shows what the group did.
///
/// A value: ask it with `next`, tell it with `did(_:)`. Each halving takes two trials at most, or four where neither
/// half showed anything at first.
package struct Halving: Sendable {
    /// What is left of the group.
    package private(set) var scripts: [SearchScript]
    /// Halves that showed it as well, and were not followed.
    package private(set) var others: [[SearchScript]] = []
    /// Whether neither half showed it: the scripts do it only together, or it was noise.
    package private(set) var hasFailed = false
    /// How much the group showed that is left.
    package private(set) var amount: Double
    /// Whether both halves were tried in vain once: on a busy machine that may be chance.
    private var hasTriedInVain = false
    /// What the first half showed, once it was tried; nil for nothing.
    private var first: Double??

    /// Begins with a group that showed `amount`.
    package init(_ scripts: [SearchScript], amount: Double) {
        (self.scripts, self.amount) = (scripts, amount)
    }

    /// The script that is left; nil as long as there are more.
    package var one: SearchScript? { scripts.count == 1 && !hasFailed ? scripts[0] : nil }

    private var halves: (ArraySlice<SearchScript>, ArraySlice<SearchScript>) {
        let middle = scripts.count / 2
        return (scripts[..<middle], scripts[middle...])
    }

    /// The scripts to try now; nil where one is left, or it failed.
    package var next: [SearchScript]? {
        guard scripts.count > 1, !hasFailed else { return nil }
        return Array(first == nil ? halves.0 : halves.1)
    }

    /// What was tried showed so much; nil for nothing.
    package mutating func did(_ shown: Double?) {
        guard let first else {
            // What one half shows whole, the other need not be asked for.
            if let shown, shown >= amount * 0.75 { return go(on: halves.0, shown) }
            self.first = .some(shown)
            return
        }
        switch (first, shown) {
        case (nil, nil):
            hasFailed = hasTriedInVain
            hasTriedInVain = true
            self.first = nil
        case (let one?, nil): go(on: halves.0, one)
        case (nil, let other?): go(on: halves.1, other)
        case (let one?, let other?):
            let (kept, left) = one >= other ? halves : (halves.1, halves.0)
            others.append(Array(left))
            go(on: kept, max(one, other))
        }
    }

    private mutating func go(on half: ArraySlice<SearchScript>, _ shown: Double) {
        scripts = Array(half)
        amount = shown
        first = nil
        hasTriedInVain = false
    }
}
