/// What one peer observed of its target beside its outcome.
struct PeerNotes {
    /// How the target ended the connection in its own way.
    var deviation: PeerDeviation?
    /// What the target did that RFC 6455 forbids.
    var violation: ProtocolViolation?
    /// What came instead of the message that a step waited for in vain, in words; nil for other steps.
    var latestMessage: String?
    /// Which step of the opening did not come about, from 0; nil for a failure elsewhere.
    var openingStep: Int?
    /// Pings of the target that came while the peer stayed.
    var pings = 0
    /// The time from the upgrade to the first of them.
    var firstPingAfter: Duration?
    /// The time from the beginning of the peer's stay until the target ended the connection.
    var letGoAfter: Duration?
}
