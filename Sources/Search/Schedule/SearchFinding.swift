package import LeakCheck
package import Lifecycles

/// Something that grows, or fails, and what is suspected to cause it.
package struct Suspect: Hashable, Sendable {
    /// What it shows.
    package var symptom: Symptom
    /// The script, shrunk.
    package var script: SearchScript
    /// Scripts that must be played before it, in this order; most suspects need none.
    package var predecessors: [SearchScript] = []
    /// What each connection left behind when it was tried last, in the unit of the resource; 1 for what is no growth.
    package var amount: Double
}

/// What a search found.
package struct SearchFinding: Sendable {
    /// What does it, and to what effect.
    package var suspect: Suspect
    /// What was said of it by whoever confirmed it.
    package var proof: Proof
    /// How many other scripts came to the same.
    package var repetitions = 0

    /// What a finding rests on.
    package enum Proof: Sendable {
        /// A row of a check, whose verdict is a leak.
        case leak(CheckResult)
        /// A row of a check that could not decide.
        case undecided(CheckResult?)
        /// A process that had taken nothing else ended, stalled or span again.
        case failure(TrialResult.Failure)
        /// The target broke RFC 6455, again.
        case violation(ProtocolViolation)
    }

    /// Whether the target broke RFC 6455, and nothing else is known of it.
    package var isViolation: Bool { if case .violation = proof { true } else { false } }

    /// Whether it is certain, and a defect that ends a search with the exit code of a leak.
    package var isDefect: Bool {
        switch proof {
        case .leak, .failure: true
        case .undecided, .violation: false
        }
    }
}
