public import ArgumentParser
import Environments
import Managers
import Scenarios
public import WebSockets

/// How `serve` assigns connections to managers.
struct ManagerOptions: ParsableArguments {
    /// Where the opening handshake names the user.
    enum IdentityKind: String, ExpressibleByArgument, CaseIterable {
        case query, fields, path
    }

    @Option(
        help: ArgumentHelp(
            "Where a client names its user and connection.",
            discussion: """
                query: /?user=alice&connection=c1 (or thread=, request=); fields: X-User and X-Connection (X-Thread, \
                X-Request); path: /alice/c1. Without a user a connection counts for no one.
                """))
    var identity = IdentityKind.query
    @Option(help: "Managers, one for each connection id, that a user may have; more are refused.")
    var maxManagersPerUser = ManagerLimits().maximumManagersPerUser
    @Option(help: "Managers in all; as many as connections unless told otherwise.")
    var maxManagers: Int?
    @Option(help: "What a refused client is told: status sends 503 with Retry-After, close opens and closes with 1013.")
    var refuseWith = ManagerConfiguration.RefusalForm.status

    func validate() throws {
        for (name, value) in [("--max-managers-per-user", maxManagersPerUser), ("--max-managers", maxManagers ?? 1)]
        where value < 1 {
            throw ValidationError("\(name) must be at least 1, not \(value)")
        }
    }

    func configuration(_ environment: EnvironmentLimits, maximumConnections: Int) -> ManagerConfiguration {
        var configuration = ManagerConfiguration()
        configuration.limits.apply(environment)
        configuration.identity =
            switch identity {
            case .query: .query()
            case .fields: .fields()
            case .path: .path
            }
        configuration.limits.maximumManagersPerUser = maxManagersPerUser
        configuration.limits.maximumManagers = maxManagers ?? maximumConnections
        configuration.refusal = refuseWith
        return configuration
    }
}

extension ManagerConfiguration.RefusalForm: ExpressibleByArgument {}
