import Logging
import Managers
import Synchronization
import WebSocketProtocol

/// The managers of a server's connections, on all of its loops.
final class ServerManagers: Sendable {
    let factory: ManagerFactory
    private let configuration: ManagerConfiguration
    /// Numbers connections that name no id.
    private let unnamedCount = Atomic(0)

    init(_ configuration: ManagerConfiguration, logger: Logger) {
        self.configuration = configuration
        factory = ManagerFactory(
            limits: configuration.limits, clock: configuration.clock, defect: configuration.defect
        ) { event in Self.log(event, logger) }
    }

    /// What to do with a connection whose opening handshake is valid.
    enum Admission {
        case admitted
        /// Send this answer.
        case answer(HTTPResponse, LimitName?)
        /// Complete the opening handshake, then close.
        case close(reason: String, LimitName?)
    }

    /// Hands the connection to the manager of the user that its request names.
    func admit(_ connection: Connection, _ head: RequestHead) -> Admission {
        let requested = configuration.identity.names(in: head)
        guard !requested.isTooLong else { return .answer(.identityTooLong, nil) }
        guard !requested.isUnclear else { return .answer(.identityUnclear, nil) }
        do throws(ManagerRefusal) {
            connection.join(try factory.admit(connection, for: identity(of: requested)))
            return .admitted
        } catch {
            switch configuration.refusal {
            case .status: return .answer(HTTPResponse(refusing: error), error.limit)
            case .close: return .close(reason: "\(error)", error.limit)
            }
        }
    }

    private func identity(of requested: RequestedIdentity) -> ManagerIdentity {
        if let user = requested.user,
            let identity = ManagerIdentity(
                user: user, connection: requested.connection, thread: requested.thread, request: requested.request)
        {
            return identity
        }
        return ManagerIdentity(user: requested.user, number: unnamedCount.add(1, ordering: .relaxed).newValue)
    }

    private static func log(_ event: ManagerEvent, _ logger: Logger) {
        switch event {
        case .created(let key): logger.trace("manager \(key.description.escapedForTerminal) created")
        case .refused(_, let refusal): logger.debug("\(refusal.description.escapedForTerminal)")
        case .cleanupBegan(let reason, let count):
            logger.debug("\(reason.rawValue) cleanup of \(count) managers")
        case .cleanedUp(let cleanup) where cleanup.remainingCount > 0:
            logger.error("\(cleanup.description.escapedForTerminal)")
        case .cleanedUp(let cleanup):
            logger.debug("\(cleanup.description.escapedForTerminal)")
        }
    }
}

extension Connection {
    /// The manager owns the connection from now until it has ended.
    fileprivate func join(_ manager: Manager) {
        self.manager = manager
        // Without a user there is no limit for which staleness matters.
        if manager.identity.user != nil { activity = manager }
    }
}

extension HTTPResponse {
    fileprivate init(refusing refusal: ManagerRefusal) {
        var fields = HTTPFields()
        fields.append(name: "Retry-After", value: "1")
        self.init(status: 503, fields: fields, text: "\(refusal)\n")
    }

    fileprivate static var identityTooLong: HTTPResponse {
        HTTPResponse(
            status: 400,
            text: "A user or id is longer than \(RequestedIdentity.maximumBytes) bytes; use a shorter one.\n")
    }

    fileprivate static var identityUnclear: HTTPResponse {
        HTTPResponse(
            status: 400, text: "A user or id is not valid UTF-8; encode it as UTF-8, then percent-encode it.\n")
    }
}

extension ManagerRefusal {
    fileprivate var limit: LimitName? {
        switch self {
        case .userLimit: .managersPerUser
        case .globalLimit: .managers
        case .resourceLimit: .resourcesPerManager
        case .shutDown: nil
        }
    }
}

/// Closes the connection as soon as it is open, so that the client can read why.
final class RefusalHandler: ConnectionHandler {
    private let reason: String

    /// A handler that gives `reason`, cut to what fits into a Close frame (RFC 6455, section 5.5).
    init(reason: String) {
        var reason = reason
        while reason.utf8.count > 123 { reason.removeLast() }
        self.reason = reason
    }

    func opened(_ connection: Connection) {
        connection.close(.tryAgainLater, reason: reason)
    }

    func received(_ kind: MessageKind, _ bytes: RawSpan, on connection: Connection) {}
}
