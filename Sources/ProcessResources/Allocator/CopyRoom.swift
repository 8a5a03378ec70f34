import SystemCalls

/// Room for copies of heaps, which one reading after the other uses: a check has a process for each row, and a copy of each
/// would take as much memory as all of them together.
final class CopyRoom: Sendable {
    /// That of this process. Beyond 64 MiB the room of a reading is freed, which then is little beside the copying.
    static let shared = CopyRoom(mostWords: (64 << 20) / 8)

    /// What no reading uses now: the largest that was given back.
    private let spare = Locked<[UInt64]>([])
    private let mostWords: Int

    /// Keeps at most so many words of eight bytes.
    init(mostWords: Int) { self.mostWords = mostWords }

    /// Room that is as large as it happens to be; its words are those of an earlier copy.
    func take() -> [UInt64] {
        spare.withLock { room in
            defer { room = [] }
            return room
        }
    }

    /// Gives back what was taken, or what took its place.
    func give(_ room: [UInt64]) {
        guard room.count <= mostWords else { return }
        spare.withLock { if room.count > $0.count { $0 = room } }
    }
}
