/// The channels of one loop, by the numbers of their descriptors.
///
/// A key holds a number and its generation. The generation identifies events that were meant for the number's former
/// owner.
struct ChannelTable: ~Copyable {
    private var channels: [Channel?] = []
    private var generations: [UInt32] = []

    /// Every channel in it.
    var all: [Channel] { channels.compactMap { $0 } }

    /// The key of a descriptor that is in the table.
    func key(of number: Int32) -> UInt64 {
        UInt64(generations[Int(number)]) << 32 | UInt64(UInt32(bitPattern: number))
    }

    /// The channel with that key; nil if its descriptor has been closed.
    @inline(__always)
    func channel(for key: UInt64) -> Channel? {
        let index = Int(key & 0xFFFF_FFFF)
        guard generations[index] == UInt32(truncatingIfNeeded: key >> 32) else { return nil }
        return channels[index]
    }

    /// A new key for a descriptor that is about to be registered.
    mutating func makeKey(for number: Int32) -> UInt64 {
        let index = Int(number)
        if index >= channels.count {
            channels.append(contentsOf: repeatElement(nil, count: index + 1 - channels.count))
            generations.append(contentsOf: repeatElement(0, count: index + 1 - generations.count))
        }
        generations[index] &+= 1
        return key(of: number)
    }

    mutating func insert(_ channel: Channel, number: Int32) {
        channels[Int(number)] = channel
    }

    mutating func remove(number: Int32) {
        channels[Int(number)] = nil
        generations[Int(number)] &+= 1
    }
}
