/// A way in which lifecycles that leak can differ from those that do not.
struct Pattern: Sendable {
    /// What it is called.
    let kind: Diagnosis.Kind
    /// Whether a lifecycle has the trait; nil where its steps leave that open, so that it proves nothing.
    let trait: @Sendable (LifecycleFacts) -> Bool?
    /// Whether the leaking lifecycles are of the kinds that the pattern speaks of.
    var covers: @Sendable ([LifecycleFacts]) -> Bool = { _ in true }

    /// The decision table. The first pattern that holds is the diagnosis.
    static let table: [Pattern] = common + handshakes + traffic + targetsEnds + stays + peersEnds

    /// What all do, from accepting to the first message: the least that explains the leak comes first.
    private static let common: [Pattern] = [
        Pattern(kind: .everyConnection, trait: { _ in true }, covers: { $0.contains { $0.request == .none } }),
        Pattern(
            kind: .everyEnding, trait: { _ in true },
            covers: { facts in Set(facts.map { $0.ending == .peersClose }).count == 2 }),
        Pattern(kind: .everyLifecycle, trait: { _ in true }),
        Pattern(kind: .compression, trait: { $0.isCompressed }),
        Pattern(kind: .request, trait: { $0.request != .none && $0.request != .part }),
        Pattern(kind: .openingHandshake, trait: { $0.request == .foreign ? nil : $0.request == .valid }),
        Pattern(kind: .upgrade, trait: { $0.isUpgraded }),
        Pattern(kind: .message, trait: { $0.sendsMessage }),
    ]

    private static let handshakes: [Pattern] = [
        Pattern(kind: .nothingSent, trait: { $0.request == .none }),
        Pattern(kind: .unfinishedRequest, trait: { $0.request == .none || $0.request == .part }),
        Pattern(
            kind: .leavingInHandshake,
            trait: { facts in
                if facts.isUpgraded == nil || facts.request == .part && !facts.stays { return true }
                return facts.leavesAfterUpgrade || facts.request == .part ? nil : false
            }),
        Pattern(kind: .refusal, trait: { $0.isUpgraded == nil ? nil : $0.ending == .refusal }),
        Pattern(
            kind: .failedHandshake,
            trait: { facts in facts.isUpgraded.map { !$0 && facts.request != .none } }),
    ]

    private static let traffic: [Pattern] = [
        Pattern(kind: .severalMessages, trait: { $0.messages > 1 }),
        Pattern(kind: .unreadReplies, trait: { $0.leavesRepliesUnread }),
        Pattern(kind: .cutMessage, trait: { $0.breaksProtocol ? nil : $0.cutsMessage }),
    ]

    /// Without a closing message of the user's, a frame that breaks the protocol provokes the close.
    private static let targetsEnds: [Pattern] = [
        Pattern(kind: .provokedClose, trait: { $0.provokesClose }),
        Pattern(
            kind: .unansweredClose, trait: { $0.ending == .unansweredClose },
            covers: { $0.contains(where: \.provokesClose) }),
        Pattern(
            kind: .targetsClose, trait: { $0.provokesClose || $0.breaksProtocol },
            covers: { $0.contains(where: \.provokesClose) }),
        Pattern(kind: .protocolError, trait: { $0.provokesClose ? nil : $0.breaksProtocol }),
    ]

    /// A peer in the middle of a message can answer no Ping, and where the target must close, no heartbeat is reached.
    private static let stays: [Pattern] = [
        Pattern(
            kind: .silentPeer,
            trait: { facts in
                guard facts.stays, facts.isUpgraded == true else { return false }
                return facts.ending == .unansweredClose || facts.cutsMessage ? nil : facts.answersNothing
            }),
        Pattern(
            kind: .stay,
            trait: { facts in
                facts.stays && (facts.ending == .unansweredClose || facts.isUpgraded == false) ? nil : facts.stays
            }),
    ]

    /// What ends a connection before the upgrade may be handled elsewhere: it proves nothing about ends after it.
    private static let peersEnds: [Pattern] = [
        Pattern(
            kind: .fin,
            trait: { facts in
                switch facts.ending {
                case .fin: facts.isUpgraded == true ? true : nil
                case .finOrReset, .unansweredClose, .refusal: nil
                case .reset, .peersClose, .answeredClose: false
                }
            }),
        Pattern(
            kind: .reset,
            trait: { facts in
                switch facts.ending {
                case .reset: facts.isUpgraded == true ? true : nil
                case .finOrReset: nil
                default: false
                }
            }),
        Pattern(kind: .withoutClose, trait: { $0.endsWithoutClose }),
        Pattern(
            kind: .messageWithoutClose,
            trait: { facts in
                let traits = [facts.sendsMessage, facts.endsWithoutClose]
                return traits.contains(false) ? false : traits.contains(nil) ? nil : true
            }),
        Pattern(
            kind: .endOfTCP,
            trait: { facts in
                switch facts.ending {
                case .fin, .reset, .finOrReset: true
                case .refusal, .unansweredClose: nil
                case .peersClose, .answeredClose: false
                }
            }),
        Pattern(
            kind: .closingHandshake,
            trait: { $0.ending == .answeredClose ? nil : $0.ending == .peersClose }),
        Pattern(kind: .storm, trait: { $0.gathers }),
    ]

    /// Whether it holds: each row with the trait leaks, none without it does, and enough rows say so.
    ///
    /// Two leaking rows or more must have the trait, and half of the leaking ones; one clean row at least must be without
    /// it, unless all have it.
    func holds(leaking: [LifecycleFacts], spared: [LifecycleFacts]) -> Bool {
        let traits = leaking.map(trait)
        let contrast = spared.map(trait)
        guard !traits.contains(false), !contrast.contains(true), covers(leaking) else { return false }
        let certain = traits.count { $0 == true }
        guard certain >= 2, certain * 2 >= leaking.count else { return false }
        return contrast.contains(false) || spared.isEmpty && kind.isUniversal
    }
}

extension LifecycleFacts {
    /// Whether the target gets a whole message; nil where it gets something else.
    fileprivate var sendsMessage: Bool? {
        if messages > 0 { return true }
        return sendsPings || breaksProtocol || cutsMessage ? nil : false
    }

    /// Whether an open connection ends without a Close frame; nil where the target may close it first.
    fileprivate var endsWithoutClose: Bool? {
        guard let isUpgraded, ending != .unansweredClose else { return nil }
        return isUpgraded && [.fin, .reset, .finOrReset].contains(ending)
    }
}

extension Diagnosis.Kind {
    /// Whether all lifecycles leak.
    fileprivate var isUniversal: Bool { [.everyConnection, .everyEnding, .everyLifecycle].contains(self) }
}
