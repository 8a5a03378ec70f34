import Lifecycles

/// Makes a script as short and as simple as it can be and still do what it does: first it leaves out steps, then it makes
/// each simpler.
///
/// A value: ask it with `next()`, tell it with `did(_:)`.
package struct Shrinker: Sendable {
    /// The simplest script that still does it.
    package private(set) var script: SearchScript
    /// Scripts that were tried.
    package private(set) var tried = 0

    private var removal: DeltaDebugging<Piece>
    private var isRemoving = true
    private var simplifications: [SearchScript] = []
    private var seen: Set<SearchScript> = []
    private var candidate: SearchScript?

    /// More trials are not worth their time.
    private static let mostTrials = 80

    /// Steps that stand or fall together.
    private struct Piece: Sendable { var steps: [Lifecycle.Step] }

    /// Begins with a script that does it.
    package init(_ script: SearchScript) {
        self.script = script
        removal = DeltaDebugging(Self.pieces(script.steps.dropLast()))
    }

    /// The steps, the request and its answer as one piece.
    private static func pieces(_ steps: ArraySlice<Lifecycle.Step>) -> [Piece] {
        var pieces: [Piece] = []
        for step in steps {
            if step == .awaitUpgrade, let last = pieces.last, last.steps.last?.isRequest == true {
                pieces[pieces.count - 1].steps.append(step)
            } else {
                pieces.append(Piece(steps: [step]))
            }
        }
        return pieces
    }

    /// The script to try now; nil where nothing simpler is left to try.
    package mutating func next() -> SearchScript? {
        while tried < Self.mostTrials, let next = proposal() {
            guard next != script, seen.insert(next).inserted, next.isAllowed else {
                reject()
                continue
            }
            candidate = next
            tried += 1
            return next
        }
        return nil
    }

    private mutating func proposal() -> SearchScript? {
        if isRemoving {
            if let pieces = removal.next {
                return SearchScript(pieces.flatMap(\.steps) + script.steps.suffix(1), concurrency: script.concurrency)
            }
            isRemoving = false
            simplifications = script.simpler
        }
        return simplifications.first
    }

    private mutating func reject() {
        if isRemoving { removal.did(false) } else { simplifications.removeFirst() }
    }

    /// Whether what was tried still did it.
    package mutating func did(_ holds: Bool) {
        guard let candidate, holds else { return reject() }
        script = candidate
        if isRemoving { removal.did(true) } else { simplifications = script.simpler }
    }
}

extension SearchScript {
    /// Scripts that differ in one thing and are simpler, the simplest first.
    var simpler: [SearchScript] {
        var simpler: [SearchScript] = []
        if concurrency != 1 { simpler.append(SearchScript(steps, concurrency: 1)) }
        if steps.last == .leaveWithReset { simpler.append(replacing(steps.count - 1, .leaveWithFIN)) }
        for (index, step) in steps.enumerated() {
            simpler += step.simpler.map { replacing(index, $0) }
        }
        return simpler
    }

    private func replacing(_ index: Int, _ step: Lifecycle.Step) -> SearchScript {
        var script = self
        script.steps[index] = step
        return script
    }
}

extension Lifecycle.Step {
    /// Steps of the same kind that ask for less, the least first.
    fileprivate var simpler: [Lifecycle.Step] {
        switch self {
        case .sendRequestFor: [.sendRequest]
        case .sendMessages(let count, let bytes?):
            [.sendMessages(count)] + (count > 1 ? [.sendMessages(1, bytes: bytes)] : [])
                + (bytes > 1 ? [.sendMessages(count, bytes: bytes / 2)] : [])
        case .sendMessages(let count, nil): Self.fewer(count).map { .sendMessages($0) }
        case .sendPings(let count): Self.fewer(count).map { .sendPings($0) }
        case .awaitReplies(let count): Self.fewer(count).map { .awaitReplies($0) }
        case .send(let template):
            "\(template)" == "x"
                ? []
                : [.sendMessages(1), .send(Template("x"))] + Self.halves("\(template)").map { .send(Template($0)) }
        case .sendBinary(let bytes) where bytes.count > 1:
            [.sendBinary([0]), .sendBinary(Array(bytes.prefix(bytes.count / 2)))]
        case .sendOctets(let octets):
            // An empty frame of the same kind.
            octets.count > 6 && octets[1] != 0x80 ? [.sendOctets([octets[0], 0x80, 0, 0, 0, 0])] : []
        case .sendCloseWith(let code, let reason):
            [.sendClose] + (reason.parts.isEmpty ? [] : [.closing(code, reason: Template())])
        case .holdFor(let time):
            time > .milliseconds(1)
                ? [.holdFor(.milliseconds(1)), .holdFor(.milliseconds(Int(time / .milliseconds(4))))] : []
        default: []
        }
    }

    private static func fewer(_ count: Int) -> [Int] { count > 1 ? [1] + (count > 3 ? [count / 2] : []) : [] }

    private static func halves(_ text: String) -> [String] {
        let half = text.count / 2
        return half > 0 ? [String(text.prefix(half)), String(text.suffix(half))] : []
    }
}
