import SystemCalls

/// What the time of a search went into; what no part has is the rest: making scripts up, and judging.
package struct SearchTime: Hashable, Sendable {
    /// What a search does.
    package enum Part: String, CaseIterable, Sendable {
        /// Waiting for processes of the target to start; most start while others are driven.
        case starting
        /// Making the connections of new scripts, those that wait included.
        case screening
        /// Making the connections of trials.
        case trying
        /// Waiting until the target had worked them off.
        case settling
        /// Reading the target, with its collections.
        case reading
        /// Looking whether the target still answers, and rests.
        case looking
        /// Waiting for what is kept for a moment to be given back.
        case resting
        /// Rows of the check that decide.
        case confirming
    }

    private var parts: [Part: Duration] = [:]
    /// Processor time of the search itself.
    var ownProcessor = Duration.zero
    /// Processor time of the target's processes, as far as they were read before their end.
    var targetProcessor = Duration.zero

    /// None yet.
    package init() {}

    /// How long one part took.
    subscript(part: Part) -> Duration {
        get { parts[part, default: .zero] }
        set { parts[part] = newValue }
    }

    /// How long one part took, in seconds.
    package func seconds(_ part: Part) -> Double { self[part].inSeconds }

    /// Processor time of the search itself, in seconds.
    package var processorSeconds: Double { ownProcessor.inSeconds }

    /// Processor time of the target, in seconds.
    package var targetProcessorSeconds: Double { targetProcessor.inSeconds }
}
