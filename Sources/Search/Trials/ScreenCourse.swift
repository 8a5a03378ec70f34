/// In which order the scripts of a screen are begun: each is played once, and then as often as is left, while those that
/// mostly wait overlap with the quick ones.
///
/// A value: ask it with `next()`, tell it with `did(_:)`.
package struct ScreenCourse: Sendable {
    /// What to begin: a script by its index.
    package enum Act: Hashable, Sendable {
        /// Play it once, and look at what the target shows.
        case play(Int)
        /// Make the rest of its connections; whether it mostly waits.
        case drive(Int, isSlow: Bool)
    }

    /// How many scripts may be under way at a time.
    package struct Width: Hashable, Sendable {
        /// Those that are played once.
        package var playing: Int
        /// Those whose connections are made, of the quick ones and of those that mostly wait.
        package var quick: Int
        package var slow: Int

        /// As much as a target takes that may have so many descriptors, each script making `connections`.
        ///
        /// The quick ones are few, so that none of them waits in vain for its turn; those that wait cost the target nothing.
        package init(descriptors: Int, connections: Int) {
            let room = descriptors / 2
            playing = max(4, min(192, room / 4))
            quick = max(2, min(32, room / 4 / connections))
            slow = max(2, min(192, room / 2 / connections))
        }
    }

    private let width: Width
    private var unplayed: ArraySlice<Int>
    private var (quick, slow): ([Int], [Int]) = ([], [])
    private var (playing, drivingQuick, drivingSlow) = (0, 0, 0)

    /// A course in which the scripts `order` are played first; without `plays` they are only driven, `isSlow` saying of
    /// each whether it mostly waits.
    package init(_ order: [Int], width: Width, plays: Bool, isSlow: (Int) -> Bool = { _ in false }) {
        self.width = width
        unplayed = plays ? order[...] : []
        guard !plays else { return }
        for index in order.reversed() { add(index, isSlow: isSlow(index)) }
    }

    /// What to begin now; nil where something must end first, or nothing is left.
    package mutating func next() -> Act? {
        // What waits is begun first, so that it does so while the rest is driven.
        if playing < width.playing, let index = unplayed.popFirst() {
            playing += 1
            return .play(index)
        }
        if drivingSlow < width.slow, let index = slow.popLast() {
            drivingSlow += 1
            return .drive(index, isSlow: true)
        }
        if drivingQuick < width.quick, let index = quick.popLast() {
            drivingQuick += 1
            return .drive(index, isSlow: false)
        }
        return nil
    }

    /// An act is over; of one that was played, whether the script mostly waits, and whether it has connections left to make.
    package mutating func did(_ act: Act, isSlow: Bool = false, goesOn: Bool = true) {
        switch act {
        case .play(let index):
            playing -= 1
            if goesOn { add(index, isSlow: isSlow) }
        case .drive(_, let wasSlow): if wasSlow { drivingSlow -= 1 } else { drivingQuick -= 1 }
        }
    }

    private mutating func add(_ index: Int, isSlow: Bool) {
        if isSlow { slow.append(index) } else { quick.append(index) }
    }
}
