/// Something that all channels of a loop share and that one of them holds at a time, until another claims it.
///
/// Confined to the thread of its loop.
public final class Lease {
    @exclusivity(unchecked) private var holder: Channel?
    private let ended: (Channel) -> Void

    /// A lease without a holder; `ended` is called with each channel that it is taken from.
    init(_ ended: @escaping (Channel) -> Void) {
        self.ended = ended
    }

    /// Whether `channel` holds it.
    public func isHeld(by channel: Channel) -> Bool { holder === channel }

    /// Makes `channel` the holder; it is taken from the former one first.
    public func claim(for channel: Channel) {
        if holder !== channel { change(to: channel) }
    }

    /// Apart, so that a claim by the holder, of which there are two for each message, is only a comparison.
    @inline(never)
    private func change(to channel: Channel) {
        end()
        holder = channel
    }

    /// Gives it back before another channel claims it; no effect if `channel` does not hold it.
    public func release(by channel: Channel) {
        if holder === channel { holder = nil }
    }

    /// Takes it from its holder.
    ///
    /// Repeats, because a holder that it is taken from may let another claim it, as a failed send does with the cork.
    func end() {
        while let former = holder {
            holder = nil
            ended(former)
        }
    }
}
