/// The connections of a server whose opening handshake is not complete, oldest first.
///
/// The ones to evict when room is short: a peer that only connects, or sends its request a byte at a time, must not
/// keep others out. Linked through the openings themselves, so that each leaves in constant time and nothing remains of
/// it once the connection is open.
struct UnopenedConnections {
    private(set) var oldest: ServerOpening?
    private var newest: ServerOpening?

    mutating func append(_ opening: ServerOpening) {
        opening.older = newest
        if let newest { newest.newer = opening } else { oldest = opening }
        newest = opening
        opening.isListed = true
    }

    /// No effect on one that is not there.
    mutating func remove(_ opening: ServerOpening) {
        guard opening.isListed else { return }
        opening.isListed = false
        let (older, newer) = (opening.older.take(), opening.newer.take())
        if let older { older.newer = newer } else { oldest = newer }
        if let newer { newer.older = older } else { newest = older }
    }
}
