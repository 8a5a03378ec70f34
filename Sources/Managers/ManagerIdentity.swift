/// Whom a manager is for, as far as known: it gives the isolation key and finds a manager again.
public struct ManagerIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The user; nil when none is named. Limits per user do not apply then.
    public var user: String?
    /// The connection's id, if it has one.
    public var connection: String?
    /// The thread's id, if there is one.
    public var thread: String?
    /// The request's id, if there is one.
    public var request: String?

    /// Stands for an id if there is none.
    public var number: Int?

    /// An identity with at least one id; nil otherwise, because it gives no key.
    public init?(user: String?, connection: String? = nil, thread: String? = nil, request: String? = nil) {
        guard connection != nil || thread != nil || request != nil else { return nil }
        self.user = user
        self.connection = connection
        self.thread = thread
        self.request = request
    }

    /// The identity of one connection.
    public init(user: String?, connection: String) {
        self.user = user
        self.connection = connection
    }

    /// The identity of a connection that names no id; `number` must be its own.
    public init(user: String?, number: Int) {
        self.user = user
        self.number = number
    }

    /// The isolation key: `user:connection`, `user:thread`, `user:request` or the number, the first that is known.
    public var key: IsolationKey {
        if let connection { return IsolationKey(user: user, .connection, connection) }
        if let thread { return IsolationKey(user: user, .thread, thread) }
        if let request { return IsolationKey(user: user, .request, request) }
        return IsolationKey(user: user, .number, "#\(number ?? 0)")
    }

    /// Whether both name the same thing although their keys differ: they share an id, and no connection ids distinguish
    /// them.
    ///
    /// For two operations that each invent a thread id for one request; not for two tabs of one thread.
    public func matches(_ other: ManagerIdentity) -> Bool {
        guard user == other.user else { return false }
        if let connection, let its = other.connection { return connection == its }
        return thread != nil && thread == other.thread || request != nil && request == other.request
    }

    /// The key.
    public var description: String { key.description }
}
