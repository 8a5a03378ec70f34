import ArgumentParser

/// A leak that `serve` commits on purpose: `KIND@LIFECYCLE[+deflate][:EVERY]`.
struct PlantedLeak: ExpressibleByArgument, Hashable {
    /// What is left behind.
    enum Kind: Hashable {
        case descriptor
        case memory(bytes: Int)
        case thread
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
        switch halves[0] {
        case "descriptor": kind = .descriptor
        case "thread": kind = .thread
        default:
            guard halves[0].hasPrefix("memory="), let bytes = Int(halves[0].dropFirst(7)),
                (1...(1 << 20)).contains(bytes)
            else { return nil }
            kind = .memory(bytes: bytes)
        }
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
