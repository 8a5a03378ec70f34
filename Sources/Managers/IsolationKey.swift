/// What distinguishes the managers of one user: the user and the most specific known id.
///
/// Two keys are equal when user, kind and id are; a `:` in a name, or a connection and a thread of the same name, cause
/// no confusion.
public struct IsolationKey: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What the id names, the most specific first.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// One connection of the user: a browser tab, a device.
        case connection
        /// A conversation that may outlive a connection.
        case thread
        /// A single request.
        case request
        /// A connection that names no id, numbered by the manager's creator.
        case number
    }

    /// The user; nil for a connection that names none.
    public let user: String?
    /// What `id` names.
    public let kind: Kind
    /// The id, unique for its user and kind.
    public let id: String

    /// The key of `id`, which names a `kind` of `user`.
    public init(user: String?, _ kind: Kind, _ id: String) {
        self.user = user
        self.kind = kind
        self.id = id
    }

    /// The key of a connection's id.
    public init(user: String?, connection: String) {
        self.init(user: user, .connection, connection)
    }

    /// `user:id`, as logs and messages show it.
    public var description: String { "\(user ?? "anonymous"):\(id)" }
}
