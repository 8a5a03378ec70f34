/// Leaves out what is not needed: from halves down to single elements, until none can be left out (ddmin; Zeller and Hildebrandt,
/// 2002, with complements only).
///
/// A value: ask it with `next`, tell it with `did(_:)`.
package struct DeltaDebugging<Element: Sendable>: Sendable {
    /// What is needed as far as is known.
    package private(set) var elements: [Element]
    private var size: Int
    private var position = 0
    private var hasRemoved = false
    private static var few: Int { 12 }

    /// Begins with elements that together do what is looked for.
    package init(_ elements: [Element]) {
        self.elements = elements
        size = max(1, elements.count / 2)
    }

    private var isDone: Bool { elements.isEmpty || size == 0 }

    /// The elements to try now; nil where none can be left out.
    package var next: [Element]? {
        guard !isDone else { return nil }
        return Array(elements[..<position] + elements[min(elements.count, position + size)...])
    }

    /// Whether what was tried still did it.
    package mutating func did(_ holds: Bool) {
        guard let next else { return }
        if holds {
            elements = next
            hasRemoved = true
        } else {
            // Of a few every run of neighbours is tried, as what stands together may only go together.
            position += elements.count <= Self.few ? 1 : size
        }
        guard position >= elements.count else { return }
        // Single elements are gone through again as long as one could be left out.
        if size > 1 || !hasRemoved { size /= 2 }
        size = min(size, elements.count)
        (position, hasRemoved) = (0, false)
    }
}
