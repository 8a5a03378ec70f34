/// What a Prometheus and a Grafana need to follow a fleet, as text.
package enum FleetRules {
    /// Recording and alert rules for these metrics.
    package static func rules(connections: String, open: String) -> String {
        named(PackageResources.watertight_rules_yml, connections, open)
    }

    /// A dashboard for these metrics.
    package static func dashboard(connections: String, open: String) -> String {
        named(PackageResources.watertight_grafana_json, connections, open)
    }

    private static func named(_ bytes: [UInt8], _ connections: String, _ open: String) -> String {
        String(decoding: bytes, as: UTF8.self)
            .replacing("CONNECTIONS_METRIC", with: connections).replacing("OPEN_METRIC", with: open)
    }
}
