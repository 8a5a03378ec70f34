package import LeakStatistics
package import Lifecycles

/// What scripts do to a target, so that they are worth a look.
package enum Symptom: Hashable, Sendable {
    /// What is left behind of a resource grows with each round.
    case growth(Resource)
    /// The target's process ended.
    case ended
    /// The target lives, and no longer accepts or answers.
    case stalled
    /// The target uses a processor though nobody asks it for anything.
    case spinning
    /// The target broke a rule of RFC 6455.
    case violation(ProtocolViolation.Rule)

    /// Whether only a fresh process shows it again: those that had it do not go on.
    package var needsFreshProcess: Bool {
        switch self {
        case .ended, .stalled, .spinning: true
        case .growth, .violation: false
        }
    }

    /// The resource that grows; nil for another symptom.
    package var resource: Resource? { if case .growth(let resource) = self { resource } else { nil } }
}

extension Symptom: CustomStringConvertible {
    /// The symptom in words.
    package var description: String {
        switch self {
        case .growth(let resource): "\(resource.rawValue) grows"
        case .ended: "the target ended"
        case .stalled: "the target stalled"
        case .spinning: "the target uses a processor unasked"
        case .violation(let rule): "the target broke RFC 6455 (\(rule.rawValue))"
        }
    }
}
