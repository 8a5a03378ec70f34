import Lifecycles

/// What the steps of a lifecycle say of it, as far as a diagnosis asks.
struct LifecycleFacts: Hashable {
    /// How much of a request the target gets.
    enum Request {
        case none
        /// Its beginning.
        case part
        /// A whole one that is no opening handshake.
        case invalid
        /// An opening handshake for a path or from an origin that the target may not know.
        case foreign
        /// An opening handshake without fault.
        case valid
    }

    /// What ends the connection.
    enum Ending {
        /// The peer's Close frame.
        case peersClose
        /// The target, which has a reason to close; the peer answers its Close.
        case answeredClose
        /// The target, which has a reason to close; the peer does not answer its Close.
        case unansweredClose
        /// The target's refusal.
        case refusal
        /// The peer's FIN.
        case fin
        /// The peer's reset.
        case reset
        /// A FIN, or a reset where something has arrived that was not read.
        case finOrReset
    }

    /// How much of a request the target gets.
    let request: Request
    /// Whether the target upgrades; nil where the peer is gone before that shows.
    let isUpgraded: Bool?
    /// What ends the connection.
    let ending: Ending
    /// Whole messages that the peer sends.
    let messages: Int
    /// Whether the peer compresses.
    let isCompressed: Bool
    /// Whether frames break RFC 6455.
    let breaksProtocol: Bool
    /// Whether the peer stops in the middle of a message.
    let cutsMessage: Bool
    /// Whether the peer makes the target close.
    let provokesClose: Bool
    /// Whether the peer stays for a while.
    let stays: Bool
    /// Whether the peer answers neither Pings nor a Close.
    let answersNothing: Bool
    /// Whether the peer sends Pings.
    let sendsPings: Bool
    /// Whether peers wait for each other.
    let gathers: Bool
    /// Whether the upgrade is followed by the end.
    let leavesAfterUpgrade: Bool
    /// Whether replies stay unread; nil where that depends on the target.
    let leavesRepliesUnread: Bool?

    /// The facts about `lifecycle`.
    init(_ lifecycle: Lifecycle) {
        let steps = lifecycle.stepsOnConnection
        let pieces = steps.compactMap { if case .sendBytes(let piece) = $0 { piece } else { nil } }
        isCompressed = lifecycle.isCompressed
        messages = steps.map(\.messages).reduce(0, +)
        cutsMessage = pieces.contains(where: \.isCut)
        breaksProtocol = pieces.contains { !$0.isCut }
        provokesClose = steps.contains(.provokeClose)
        stays = steps.contains(where: \.isStay)
        answersNothing = steps.contains { [.ignoreTarget, .stopReading].contains($0) }
        sendsPings = steps.contains { if case .sendPings = $0 { true } else { false } }
        gathers = steps.contains(.rendezvous)
        leavesAfterUpgrade =
            steps.drop { $0 != .awaitUpgrade }.dropFirst().first.map { $0.isLeaving || $0 == .rendezvous } ?? false
        request = Self.request(steps)
        isUpgraded = steps.contains(.awaitUpgrade) ? true : request == .valid && !lifecycle.expectsRefusal ? nil : false
        let leavesUnread = isUpgraded == nil || messages > 0 && !steps.awaitsReplies && !steps.contains(.ignoreTarget)
        ending = Self.ending(
            steps, targetCloses: provokesClose || breaksProtocol, expectsRefusal: lifecycle.expectsRefusal,
            leavesUnread: leavesUnread)
        leavesRepliesUnread =
            isUpgraded == false || steps.awaitsReplies
            ? false : Self.leavesRepliesUnread(steps, leavesUnread: leavesUnread, sendsMessages: messages > 0)
    }

    /// Without a message there are replies only from a target that sends of itself. A peer that ignores the target reads.
    private static func leavesRepliesUnread(
        _ steps: [Lifecycle.Step], leavesUnread: Bool, sendsMessages: Bool
    ) -> Bool? {
        let readsNothing = steps.contains { [.stopReading, .awaitUnread].contains($0) }
        if readsNothing || leavesUnread { return sendsMessages ? true : nil }
        return sendsMessages ? nil : false
    }

    private static func request(_ steps: [Lifecycle.Step]) -> Request {
        for step in steps {
            switch step {
            case .sendRequest, .sendRequestFor: return .valid
            case .sendFaultyRequest(.path), .sendFaultyRequest(.origin): return .foreign
            case .sendFaultyRequest: return .invalid
            case .sendHalfRequest, .trickleRequest: return .part
            default: continue
            }
        }
        return .none
    }

    private static func ending(
        _ steps: [Lifecycle.Step], targetCloses: Bool, expectsRefusal: Bool, leavesUnread: Bool
    ) -> Ending {
        if steps.contains(where: \.isClose) { return .peersClose }
        if targetCloses { return steps.contains(.awaitClose) ? .answeredClose : .unansweredClose }
        if expectsRefusal { return .refusal }
        if steps.contains(.leaveWithReset) { return .reset }
        return leavesUnread ? .finOrReset : .fin
    }
}

extension [Lifecycle.Step] {
    /// Whether the peer reads what the target answers.
    fileprivate var awaitsReplies: Bool {
        contains {
            switch $0 {
            case .awaitReplies, .expect: true
            default: false
            }
        }
    }
}

extension Lifecycle.Step {
    /// Whole messages that it sends.
    fileprivate var messages: Int {
        switch self {
        case .sendMessages(let count, _): count
        case .send, .sendBinary: 1
        default: 0
        }
    }
}

extension FramePiece {
    /// Whether more of it would be a frame or a message like any other.
    fileprivate var isCut: Bool { [.cutHeader, .cutPayload, .unfinishedFragments].contains(self) }
}
