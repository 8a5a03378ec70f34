/// How often something is there, and how large all of it is.
public struct Tally: Hashable, Sendable, Codable {
    /// How often.
    public var count: Int
    /// Bytes in all; 0 where sizes are not known.
    public var bytes: Int

    /// So many, of `bytes` in all.
    public init(_ count: Int, bytes: Int = 0) {
        self.count = count
        self.bytes = bytes
    }
}

/// What tells one kind of thing from all others, where no holder does: its name and the lines it stands at.
public struct CauseSignature: Hashable, Sendable, Codable {
    /// What the things are.
    public var kind: Cause.Kind
    /// Their type or name.
    public var what: String
    /// The lines that made them or that they stand at, the innermost first.
    public var site: [CodeFrame]

    /// The signature of things of `kind`.
    public init(_ kind: Cause.Kind, _ what: String, site: [CodeFrame] = []) {
        self.kind = kind
        self.what = what
        self.site = site
    }
}

/// What a target held at one moment, after a collection: a histogram of signatures, with no identities.
///
/// Addresses move (JVM) or are reused (CPython), so that nothing is said of single objects.
public struct CauseSnapshot: Sendable {
    /// Objects, by the path that holds them.
    public var held = HeldTree()
    /// Everything else.
    public var counted: [CauseSignature: Tally] = [:]

    /// A snapshot of nothing.
    public init() {}
}
