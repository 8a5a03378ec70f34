import SystemCalls
import WebSocketProtocol

/// Where an opening handshake names the user and the ids; without a user it is anonymous.
///
/// Names are compared percent-decoded, as Unicode text: two spellings of one character are the same. A name that is not
/// UTF-8, or contains U+FFFD, its replacement, is refused with 400.
public enum IdentitySource: Hashable, Sendable {
    /// Items of the query, as in `/?user=alice&connection=c1`.
    case query(IdentityNames = .query)
    /// Fields of the request, for a proxy that has authenticated the user.
    case fields(IdentityNames = .fields)
    /// The first two segments of the path, as in `/alice/c1`, percent-decoded.
    case path

    /// What the request names; absent and empty are the same.
    func names(in head: RequestHead) -> RequestedIdentity {
        switch self {
        case .query(let names):
            let items = head.queryItems
            return RequestedIdentity(names) { name in items.first { $0.name == name }?.value }
        case .fields(let names): return RequestedIdentity(names) { head.fields[$0] }
        case .path:
            let segments = head.pathSegments
            return RequestedIdentity(.query) { name in
                switch name {
                case IdentityNames.query.user: segments.first
                case IdentityNames.query.connection: segments.dropFirst().first
                default: nil
                }
            }
        }
    }
}

/// The names of the parts of an identity in a request.
public struct IdentityNames: Hashable, Sendable {
    /// The user.
    public var user: String
    /// The connection's id.
    public var connection: String
    /// The thread's id.
    public var thread: String
    /// The request's id.
    public var request: String

    /// The names of all four.
    public init(user: String, connection: String, thread: String, request: String) {
        self.user = user
        self.connection = connection
        self.thread = thread
        self.request = request
    }

    /// `user`, `connection`, `thread` and `request`.
    public static let query = IdentityNames(
        user: "user", connection: "connection", thread: "thread", request: "request")
    /// `X-User`, `X-Connection`, `X-Thread` and `X-Request`.
    public static let fields = IdentityNames(
        user: "X-User", connection: "X-Connection", thread: "X-Thread", request: "X-Request")
}

/// The user and ids that a request names.
struct RequestedIdentity: Hashable {
    var user: String?
    var connection: String?
    var thread: String?
    var request: String?

    /// The longest accepted name or id, in bytes; it is kept as long as its manager.
    static let maximumBytes = 128

    init(_ names: IdentityNames, _ value: (String) -> String?) {
        func present(_ name: String) -> String? {
            guard let value = value(name), !value.isEmpty else { return nil }
            return value
        }
        user = present(names.user)
        connection = present(names.connection)
        thread = present(names.thread)
        request = present(names.request)
    }

    private var all: [String] { [user, connection, thread, request].compactMap { $0 } }

    var isTooLong: Bool { all.contains { $0.utf8.count > Self.maximumBytes } }

    /// Whether a name may stand for octets that are not UTF-8: these all look the same, and would make one user of
    /// many.
    var isUnclear: Bool { all.contains { $0.unicodeScalars.contains("\u{FFFD}") } }
}
