public import LeakStatistics
import Lifecycles

/// What the leaking rows of a check have in common and the clean ones have not: which part of a connection's life leaves
/// something behind.
public struct Diagnosis: Hashable, Sendable {
    /// What sets the leaking lifecycles apart. The names are those of the JSON report.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// All leak, one that sends nothing included.
        case everyConnection
        /// All leak, one with a complete closing handshake included.
        case everyEnding
        /// All that were driven leak.
        case everyLifecycle
        /// They compress.
        case compression
        /// They send a whole request, valid or not.
        case request
        /// They send the request of an opening handshake.
        case openingHandshake
        /// They are upgraded.
        case upgrade
        /// They send a message.
        case message
        /// They send nothing at all.
        case nothingSent
        /// They send no whole request.
        case unfinishedRequest
        /// They leave during the opening handshake.
        case leavingInHandshake
        /// They are refused.
        case refusal
        /// They begin an opening handshake that fails.
        case failedHandshake
        /// They send more than one message.
        case severalMessages
        /// They leave replies unread.
        case unreadReplies
        /// They stop in the middle of a message.
        case cutMessage
        /// They make the target close.
        case provokedClose
        /// They leave the target's Close unanswered.
        case unansweredClose
        /// They give the target a reason to close.
        case targetsClose
        /// They break RFC 6455.
        case protocolError
        /// They stay and answer nothing.
        case silentPeer
        /// They stay for a while.
        case stay
        /// They end with a FIN, and no Close frame.
        case fin
        /// They end with a reset.
        case reset
        /// They are upgraded, and end without a Close frame.
        case withoutClose
        /// They send a message, and end without a Close frame.
        case messageWithoutClose
        /// They end without a Close frame, upgraded or not.
        case endOfTCP
        /// They end with a Close frame of the peer's.
        case closingHandshake
        /// They leave many at once.
        case storm
        /// It is one lifecycle.
        case oneLifecycle
        /// Nothing that is known of lifecycles sets them apart.
        case noPattern

        /// Whether the lifecycles share a trait.
        var isPattern: Bool { self != .oneLifecycle && self != .noPattern }
    }

    /// What sets the lifecycles apart.
    public var kind: Kind
    /// What they leak, one for each resource.
    public var leaks: [SharedLeak]
    /// Labels of the rows that leak.
    public var lifecycles: [String]
    /// Labels of the rows that do not.
    public var spared: [String]
}

/// What several rows leak of one resource.
public struct SharedLeak: Hashable, Sendable {
    /// The resource.
    public var resource: Resource
    /// How much one connection leaves behind, the median of the rows.
    public var perConnection: Double
    /// The least of the rows.
    public var least: Double
    /// The most of the rows.
    public var most: Double
    /// Whether the rows leak the same: their amounts lie within a tenth, or their intervals meet.
    public var isSame: Bool
    /// Labels of the rows.
    public var lifecycles: [String]
}
