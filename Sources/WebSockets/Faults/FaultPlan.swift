/// Faults of the network, injected below the WebSocket layer: a delay of bytes, and which message is lost and how.
///
/// The same plan gives the same faults. A failure ends its connection, so each connection has only the first of its
/// failures; what was sent before it still arrives.
public struct FaultPlan: Hashable, Sendable {
    /// What happens at a message that fails; the message itself is never sent.
    public enum Failure: String, Hashable, Sendable, CaseIterable {
        /// From then on nothing passes in either direction. TCP stays up until a limit ends the connection.
        case timeout
        /// The stream ends with a FIN and no Close frame.
        case drop
        /// TCP is reset.
        case reset
    }

    /// How much later all output reaches the socket, in the same order; nil does not delay.
    ///
    /// Output within a sixty-fourth of this time leaves together. Delayed bytes count against
    /// `ConnectionLimits.sendBufferBytes`.
    public var delay: Duration?
    /// One message in so many fails, counting those that the connection sends; nil lets all pass.
    public var failEvery: Int?
    /// How a message fails.
    public var failure: Failure
    /// Nil fails exactly every `failEvery`th message. With a seed one message in each group of `failEvery` fails; its
    /// place is drawn from the seed and the connection's `ordinal`.
    public var seed: UInt64?
    /// The connection's number among those that share the plan; a server gives its connections this number and those
    /// that follow, in the order in which it accepts them.
    public var ordinal: UInt64 = 0

    /// A plan of a delay, a failure, or both.
    public init(delay: Duration? = nil, failEvery: Int? = nil, failure: Failure = .reset, seed: UInt64? = nil) {
        self.delay = delay
        self.failEvery = failEvery
        self.failure = failure
        self.seed = seed
    }

    /// Reads `failEvery` and `failure` from text such as `50:reset`; throws `FaultPlanError` for other text.
    public mutating func setFailure(_ text: some StringProtocol) throws(FaultPlanError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let every = Int(parts[0]), every >= 1, let failure = Failure(rawValue: String(parts[1]))
        else { throw FaultPlanError(text: String(text)) }
        failEvery = every
        self.failure = failure
    }

    /// Whether its values are valid: a delay that is not negative, at most a failure per message.
    public var isValid: Bool { (delay ?? .zero) >= .zero && (failEvery ?? 1) >= 1 }

    /// Whether it changes how a connection behaves.
    var hasEffect: Bool { (delay ?? .zero) > .zero || failEvery != nil }

    /// How many messages a connection sends before the one that fails; nil if none does.
    var messagesBeforeFailure: Int? {
        guard let failEvery else { return nil }
        guard let seed else { return failEvery - 1 }
        let draw = Self.mixed(Self.mixed(seed) &+ ordinal)
        return Int(draw.multipliedFullWidth(by: UInt64(failEvery)).high)
    }

    /// One step of SplitMix64 (Steele, Lea and Flood, 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
