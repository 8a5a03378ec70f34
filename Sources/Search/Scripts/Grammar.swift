import Lifecycles

/// The scripts that a search makes up: how far the opening gets, up to eight steps, an end, and how many at a time.
///
/// A value; all chance comes from the generator it is given, so one seed gives one search.
package struct Grammar: Sendable {
    /// What the application understands.
    let dictionary: SearchDictionary
    /// Whether the target answers messages, so that waiting for an answer is worth a step.
    let expectsReply: Bool

    private static let mostSteps = 8
    /// Attempts to make a script that is allowed.
    private static let attempts = 50

    /// A grammar over `dictionary`.
    package init(_ dictionary: SearchDictionary = SearchDictionary(), expectsReply: Bool = true) {
        self.dictionary = dictionary
        self.expectsReply = expectsReply
    }

    /// How far the opening handshake gets.
    private enum Start: CaseIterable { case upgraded, requested, half, faulty, none }

    /// A new script, which is allowed.
    package func script(using generator: inout some RandomNumberGenerator) -> SearchScript {
        for _ in 0..<Self.attempts {
            let script = SearchScript(steps(&generator), concurrency: generator.pick([1, 2, 8, 8, 8, 32]))
            if script.isAllowed { return script }
        }
        return SearchScript([.sendRequest, .awaitUpgrade, .leaveWithFIN])
    }

    private func steps(_ generator: inout some RandomNumberGenerator) -> [Lifecycle.Step] {
        let start = generator.choose([
            (70, Start.upgraded), (10, .requested), (4, .half), (10, .faulty), (6, .none),
        ])
        let request = request(&generator)
        switch start {
        case .upgraded:
            var steps = [request, .awaitUpgrade]
            let count = Int.random(in: 0...Self.mostSteps, using: &generator)
            while steps.count < count + 2 { steps += application(&generator) }
            return steps + ending(&generator)
        case .requested:
            var steps = [request]
            if generator.happens(50) {
                steps.append(generator.pick([.awaitUnread, .stopReading, .holdFor(.milliseconds(5))]))
            }
            while generator.happens(40), steps.count < Self.mostSteps { steps.append(octets(&generator)) }
            return steps + [leaving(&generator)]
        case .half:
            return [.sendHalfRequest] + (generator.happens(40) ? [hold(&generator)] : []) + [leaving(&generator)]
        case .faulty:
            let fault = Lifecycle.Step.sendFaultyRequest(generator.pick(RequestFault.allCases))
            let wait: [Lifecycle.Step] = generator.happens(60) ? [.awaitRefusal] : []
            return [fault] + wait + [leaving(&generator)]
        case .none:
            var steps: [Lifecycle.Step] = []
            while generator.happens(60), steps.count < 3 {
                steps.append(generator.happens(50) ? octets(&generator) : hold(&generator))
            }
            return steps + [leaving(&generator)]
        }
    }

    func request(_ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        guard !dictionary.paths.isEmpty, generator.happens(70) else { return .sendRequest }
        return .sendRequestFor(Template(generator.pick(dictionary.paths)))
    }

    func leaving(_ generator: inout some RandomNumberGenerator) -> Lifecycle.Step {
        generator.happens(50) ? .leaveWithFIN : .leaveWithReset
    }

    /// How an upgraded connection ends.
    func ending(_ generator: inout some RandomNumberGenerator) -> [Lifecycle.Step] {
        let leaving = leaving(&generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<6: return [leaving]
        case 6: return [.sendClose, .awaitClose, .awaitEnd, .leaveWithFIN]
        case 7: return [.sendClose, leaving]
        case 8: return [close(&generator), .awaitClose, leaving]
        default: return [.provokeClose, .awaitClose, leaving]
        }
    }
}
