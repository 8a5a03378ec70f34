/// Why a manager was not created, or a resource not taken.
public enum ManagerRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The user has as many managers as allowed, and none of them is idle.
    case userLimit(user: String, limit: Int)
    /// There are as many managers as allowed, and none of them is idle.
    case globalLimit(Int)
    /// The manager owns as many resources as allowed.
    case resourceLimit(IsolationKey, limit: Int)
    /// The factory has been shut down.
    case shutDown

    /// What happened and, if that helps, what to do.
    public var description: String {
        switch self {
        case .userLimit(let user, let limit):
            "User \(user) has reached the maximum number of WebSocket managers (\(limit))"
        case .globalLimit(let limit): "The server has reached the maximum number of WebSocket managers (\(limit))"
        case .resourceLimit(let key, let limit):
            "Manager \(key) has reached the maximum number of connections (\(limit)); use another connection id"
        case .shutDown: "The manager factory has been shut down"
        }
    }
}
