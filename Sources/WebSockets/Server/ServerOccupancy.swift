import Synchronization

/// What the loops of one server hold together, for limits of the whole server.
final class ServerOccupancy: Sendable {
    private let connections = Atomic(0)
    private let accepted = Atomic(0)
    private let places = Atomic(0)
    private let buffered = Atomic(0)
    private let ordinals = Atomic<UInt64>(0)

    /// Connections now, those in their handshake included.
    var connectionCount: Int { connections.load(ordering: .relaxed) }

    /// Of these, the ones whose opening handshake is complete.
    var openCount: Int { places.load(ordering: .relaxed) }

    /// Bytes of memory that all connections hold; see `ServerConfiguration.maximumBufferedBytes`.
    var bufferedBytes: Int { buffered.load(ordering: .relaxed) }

    /// Connections accepted since the server began.
    var acceptedCount: Int { accepted.load(ordering: .relaxed) }

    func connectionBegan() {
        connections.add(1, ordering: .relaxed)
        accepted.add(1, ordering: .relaxed)
    }

    func connectionEnded() { connections.subtract(1, ordering: .relaxed) }

    /// Takes a place among `maximum` open connections; false if another loop has taken the last.
    func takePlace(of maximum: Int) -> Bool {
        if places.add(1, ordering: .relaxed).newValue <= maximum { return true }
        leavePlace()
        return false
    }

    func leavePlace() { places.subtract(1, ordering: .relaxed) }

    /// Adds `change` bytes, which may be negative, and returns what all hold now.
    func addBuffered(_ change: Int) -> Int { buffered.add(change, ordering: .relaxed).newValue }

    /// Connections accepted before this one.
    func nextOrdinal() -> UInt64 { ordinals.add(1, ordering: .relaxed).oldValue }
}
