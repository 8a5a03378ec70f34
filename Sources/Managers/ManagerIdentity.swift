/// Who a manager is for, as far as it is known: from it follows the isolation key, and by it a manager is found again.
public struct ManagerIdentity: Hashable, Sendable, CustomStringConvertible {
    /// The user; nil when none is named. Limits per user do not apply then.
    public var user: String?
    /// The connection's id, if it has one.
    public var connection: String?
    /// The thread's id, if there is one.
    public var thread: String?
    /// The request's id, if there is one.
    public var request: String?

    /// What stands for an id where there is none.
    public var number: Int?

    /// An identity of which at least one id is known; nil otherwise, because no key follows from it.
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

    /// The isolation key: `user:connection`, else `user:thread`, else `user:request`, else the number.
    public var key: IsolationKey {
        if let connection { return IsolationKey(user: user, .connection, connection) }
        if let thread { return IsolationKey(user: user, .thread, thread) }
        if let request { return IsolationKey(user: user, .request, request) }
        return IsolationKey(user: user, .number, "#\(number ?? 0)")
    }

    /// Whether both name the same thing although their keys differ: they share an id, and no connection tells them apart.
    ///
    /// Two operations that each make up a thread id for one request are meant; two tabs of one thread are not.
    public func matches(_ other: ManagerIdentity) -> Bool {
        guard user == other.user else { return false }
        if let connection, let its = other.connection { return connection == its }
        return thread != nil && thread == other.thread || request != nil && request == other.request
    }

    /// The key.
    public var description: String { key.description }
}
