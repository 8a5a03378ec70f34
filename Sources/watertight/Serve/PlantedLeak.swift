import ArgumentParser

/// A leak that `serve` commits on purpose: `KIND@LIFECYCLE[+deflate][:EVERY]`.
struct PlantedLeak: ExpressibleByArgument, Hashable {
    /// What is left behind.
    enum Kind: Hashable {
        case descriptor
        case memory(bytes: Int)
        case thread
        /// A timer on the server's loop that fires once a day.
        case timer
        /// A task that waits for what never comes.
        case task
        /// An entry of a map of sessions, which keeps the latest `maximum` of them; nil keeps all.
        case session(maximum: Int?)
    }

    /// What is left behind.
    var kind: Kind
    /// After connections that went this way; nil after any.
    var lifecycle: ObservedLifecycle?
    /// After compressed connections only.
    var isForCompressed: Bool
    /// After every so many of them.
    var every: Int

    init?(argument: String) {
        let halves = argument.split(separator: "@", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        guard let kind = Kind(halves[0]) else { return nil }
        self.kind = kind
        let rest = halves[1].split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(rest.count) else { return nil }
        let suffix = "+deflate"
        isForCompressed = rest[0].hasSuffix(suffix)
        let name = isForCompressed ? rest[0].dropLast(suffix.count) : rest[0]
        if name == "any" {
            lifecycle = nil
        } else {
            // A connection that sends nothing agrees to nothing.
            guard let named = ObservedLifecycle(rawValue: String(name)), !(isForCompressed && named == .bareTCP) else {
                return nil
            }
            lifecycle = named
        }
        every = 1
        if rest.count == 2 {
            guard let count = Int(rest[1]), count >= 1 else { return nil }
            every = count
        }
    }
}

extension PlantedLeak.Kind {
    /// From `thread`, or from `memory=64` where the kind takes an amount.
    init?(_ text: Substring) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let amount = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts[0], amount) {
        case ("memory", let bytes?) where (1...(1 << 20)).contains(bytes): self = .memory(bytes: bytes)
        case ("session", let maximum?) where (1...1_000_000).contains(maximum): self = .session(maximum: maximum)
        case _ where parts.count == 2: return nil
        case ("descriptor", _): self = .descriptor
        case ("thread", _): self = .thread
        case ("timer", _): self = .timer
        case ("task", _): self = .task
        case ("session", _): self = .session(maximum: nil)
        default: return nil
        }
    }
}
