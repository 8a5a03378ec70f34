import FoundationEssentials

/// Messages for the viewers of a live page: for each, the parts that have changed since its last one, as a line of JSON.
///
/// Each part is rendered once for all viewers, and only while there is one.
package struct LiveMessages {
    private var rendered: [String: (revision: Int, markup: String)] = [:]

    /// Nothing rendered yet.
    package init() {}

    /// What a viewer who has seen `state` up to the change number `revision` lacks, the whole of it where that is 0; nil
    /// where that is nothing.
    package mutating func message<State: LiveState>(of state: State, since revision: Int) -> String? {
        let changes = state.changes
        guard changes.revision > revision else { return nil }
        let parts = State.partNames.compactMap { name -> Part? in
            guard let changed = changes.parts[name], changed > revision else { return nil }
            if rendered[name]?.revision != changed { rendered[name] = (changed, state.markup(of: name)) }
            return rendered[name].map { Part(name: name, markup: $0.markup) }
        }
        let message = Message(revision: changes.revision, isOver: state.isOver, parts: parts)
        return try? JSONText.render(message, pretty: false)
    }

    private struct Message: Encodable {
        var revision: Int
        var isOver: Bool
        var parts: [Part]
    }

    private struct Part: Encodable {
        var name: String
        var markup: String
    }
}
