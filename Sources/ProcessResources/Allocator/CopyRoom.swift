import SystemCalls

/// Room for copies of heaps, which one reading after the other uses: a check has a process for each row, and a copy of each
/// would take as much memory as all of them together.
enum CopyRoom {
    /// What no reading uses now: the largest that was given back.
    private static let spare = Locked<[UInt64]>([])
    /// Beyond that the room of a reading is freed, which then is little beside the copying.
    private static let mostWords = (64 << 20) / 8

    /// Room that is as large as it happens to be; its words are those of an earlier copy.
    static func take() -> [UInt64] {
        spare.withLock { room in
            defer { room = [] }
            return room
        }
    }

    /// Gives back what was taken, or what took its place.
    static func give(_ room: consuming [UInt64]) {
        let room = room
        guard room.count <= mostWords else { return }
        spare.withLock { if room.count > $0.count { $0 = room } }
    }
}
