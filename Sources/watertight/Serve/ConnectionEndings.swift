import SystemCalls
import WebSockets

/// How many connections have ended, by the way they went, seen from the server.
final class ConnectionEndings: Sendable {
    /// A way; `rawValue` is the value of the metric's label.
    struct Kind: Hashable, RawRepresentable {
        let rawValue: String

        /// A request for a page, or a refused opening handshake.
        static let http = Kind(rawValue: "http")
        /// A limit of the server's own.
        static let limit = Kind(rawValue: "limit")
        /// Anything else, such as the end of the server.
        static let other = Kind(rawValue: "other")

        /// In the order of the page.
        static let all = ObservedLifecycle.allCases.map { Kind(rawValue: $0.rawValue) } + [http, limit, other]

        init(rawValue: String) {
            self.rawValue = rawValue
        }

        init(_ connection: Connection, _ outcome: CloseOutcome) {
            switch outcome.cause {
            case .handshakeFailure: self = .http
            case .limit: self = .limit
            case .aborted: self = .other
            default:
                self = ObservedLifecycle(connection, outcome).map { Kind(rawValue: $0.rawValue) } ?? .other
            }
        }
    }

    private let counts = Locked<[Kind: Int]>([:])

    /// Counts a connection that ends, on its loop.
    func count(_ connection: Connection, _ outcome: CloseOutcome) {
        let kind = Kind(connection, outcome)
        counts.withLock { $0[kind, default: 0] += 1 }
    }

    /// All kinds with their totals, those without any included: a counter that appears late loses its first increase.
    var totals: [(kind: Kind, total: Int)] {
        let counts = counts.withLock { $0 }
        return Kind.all.map { ($0, counts[$0] ?? 0) }
    }
}
