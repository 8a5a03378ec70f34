/// One thing of which every connection leaves some, and who holds it or which line made it.
public struct Cause: Hashable, Sendable, Codable {
    /// What the thing is.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// An object that others hold.
        case heldObject
        /// Memory, known by the line that allocated it.
        case allocation
        /// A task that awaits something.
        case task
        /// A goroutine.
        case goroutine
        /// A thread.
        case thread
        /// A descriptor.
        case descriptor
    }

    /// How many of a type are left below what is held.
    public struct Content: Hashable, Sendable, Codable {
        /// The type.
        public var type: String
        /// How many of them each connection leaves.
        public var perConnection: Double

        /// So many of `type`.
        public init(_ type: String, perConnection: Double) {
            self.type = type
            self.perConnection = perConnection
        }
    }

    /// What the thing is.
    public var kind: Kind
    /// Its type or its name, in the runtime's own words.
    public var what: String
    /// How many each connection left, in each of the two intervals.
    public var countsPerConnection: [Double]
    /// The bytes that each connection leaves, with all that only this holds; nil where they are not known.
    public var bytesPerConnection: Double?
    /// Who holds it, from the program's own variable on; empty where nobody is known.
    public var holders: [HolderStep] = []
    /// Chains from which others of the same kind are held.
    public var alsoHeldBy: [[HolderStep]] = []
    /// The lines that made it or that it stands at, the innermost first; empty where they are not known.
    public var site: [CodeFrame] = []
    /// What is left below it, the most frequent first; eight types at most.
    public var contents: [Content] = []

    /// A cause of `kind`.
    public init(_ kind: Kind, _ what: String, countsPerConnection: [Double], bytesPerConnection: Double? = nil) {
        self.kind = kind
        self.what = what
        self.countsPerConnection = countsPerConnection
        self.bytesPerConnection = bytesPerConnection
    }

    /// What begins the name of the frame, behind those where a thing stands, that made it.
    package static let maker = "created by "

    /// How many each connection leaves: the mean of the intervals.
    public var countPerConnection: Double {
        countsPerConnection.reduce(0, +) / Double(max(1, countsPerConnection.count))
    }

    /// Whether it is bytes that each connection adds to something, and not one more.
    public var isOfBytes: Bool { (countsPerConnection.min() ?? 0) <= 0 && (bytesPerConnection ?? 0) >= 1 }

    /// The frames of the site that are the program's own; all where none is known to be.
    public var ownFrames: [CodeFrame] {
        let own = site.filter { $0.location.map { !$0.isLibrary } ?? false }
        return own.isEmpty ? site : own
    }

    /// The line to look at: the first of the site that is the program's own, then that of the nearest holder that has one.
    public var location: CodeLocation? {
        let places = site.compactMap(\.location) + holders.reversed().compactMap(\.location)
        return places.first { !$0.isLibrary } ?? places.first
    }
}

/// One step on the way from a program's variable to what it holds.
public struct HolderStep: Hashable, Sendable, Codable, CustomStringConvertible {
    /// By what name the former step holds this one: a variable, a property, `[]` for an element; empty where it is not known.
    public var edge: String
    /// The type of what is held.
    public var type: String
    /// Where the variable, or the code of what is held, stands.
    public var location: CodeLocation?

    /// A step over `edge` to something of `type`.
    public init(_ edge: String, _ type: String, at location: CodeLocation? = nil) {
        self.edge = edge
        self.type = type
        self.location = location
    }

    /// `sessions: Map`.
    public var description: String { edge.isEmpty ? type : type.isEmpty ? edge : "\(edge): \(type)" }
}
