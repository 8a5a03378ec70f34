import Lifecycles

/// Changes scripts that showed something new.
package struct Mutation: Sendable {
    private let grammar: Grammar
    private static let attempts = 20
    private static let mostSteps = 14

    /// Mutations with what `grammar` makes up.
    package init(_ grammar: Grammar) { self.grammar = grammar }

    /// A script that differs from `script`, perhaps with a part of `other`; one of the grammar's where none is allowed.
    package func mutated(
        _ script: SearchScript, with other: SearchScript, using generator: inout some RandomNumberGenerator
    ) -> SearchScript {
        for _ in 0..<Self.attempts {
            var changed = script
            for _ in 0..<generator.pick([1, 1, 2, 3]) { change(&changed, other, &generator) }
            if changed != script, changed.steps.count <= Self.mostSteps, changed.isAllowed { return changed }
        }
        return grammar.script(using: &generator)
    }

    private func change(
        _ script: inout SearchScript, _ other: SearchScript, _ generator: inout some RandomNumberGenerator
    ) {
        // The steps between the opening and the last, which leaves.
        let from = script.steps.firstIndex(of: .awaitUpgrade).map { $0 + 1 } ?? 0
        let inner = from..<max(from, script.steps.count - 1)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0...1:
            script.steps.insert(
                contentsOf: grammar.application(&generator), at: inner.randomElement(using: &generator) ?? from)
        case 2: if let at = inner.randomElement(using: &generator) { script.steps.remove(at: at) }
        case 3:
            if let at = inner.randomElement(using: &generator) { script.steps.insert(script.steps[at], at: at) }
        case 4:
            if let one = inner.randomElement(using: &generator), let two = inner.randomElement(using: &generator) {
                script.steps.swapAt(one, two)
            }
        case 5:
            if let at = inner.randomElement(using: &generator) {
                script.steps[at] = altered(script.steps[at], &generator)
            }
        case 6:
            script.steps.removeLast()
            script.steps +=
                script.steps.contains(.awaitUpgrade) ? grammar.ending(&generator) : [grammar.leaving(&generator)]
        case 7: script.concurrency = generator.pick([1, 2, 8, 32])
        default:
            guard let cut = inner.randomElement(using: &generator),
                let open = other.steps.firstIndex(of: .awaitUpgrade), script.steps.contains(.awaitUpgrade)
            else { return }
            script.steps = Array(script.steps[..<cut] + other.steps[(open + 1)...])
        }
    }

    /// The same step with something else in it.
    private func altered(_ step: Lifecycle.Step, _ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        switch step {
        case .send(let template): .send(Template(Grammar.changed("\(template)", &generator)))
        case .sendMessages(let count, let bytes):
            .sendMessages(max(1, min(100, generator.happens(50) ? count * 2 : count / 2)), bytes: bytes)
        case .sendPings(let count): .sendPings(max(1, min(100, generator.happens(50) ? count * 2 : count / 2)))
        case .holdFor: grammar.hold(&generator)
        case .sendBinary(let bytes): .sendBinary(bytes.count > 1 ? Array(bytes.prefix(bytes.count / 2)) : bytes + bytes)
        case .sendOctets: grammar.octets(&generator)
        case .sendClose, .sendCloseWith: grammar.close(&generator)
        case .leaveWithFIN: .leaveWithReset
        case .leaveWithReset: .leaveWithFIN
        default: grammar.application(&generator)[0]
        }
    }
}
