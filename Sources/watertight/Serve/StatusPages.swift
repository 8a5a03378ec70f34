import FoundationEssentials
import LeakReports
import Managers
import ProcessResources
import SystemCalls
import WebSocketProtocol
import WebSockets

/// What `serve` tells of itself over HTTP: `/healthz`, `/stats` and `/metrics`.
final class StatusPages: Sendable {
    private let factory = Locked<ManagerFactory?>(nil)
    /// How many connections have been accepted; the server outlives what asks.
    private let accepted = Locked<(@Sendable () -> Int)?>(nil)
    private let ended = ConnectionEndings()
    private let hosts: AllowedHosts
    private let process: ProcessMetrics?
    private let lastMetrics = Locked<[OpenMetricsText.Format: (at: ContinuousClock.Instant, response: HTTPResponse)]>(
        [:])

    /// Reading a process with many descriptors takes milliseconds, in which the server does nothing else.
    private static let metricsAge = Duration.seconds(1)

    init(for hosts: AllowedHosts) {
        self.hosts = hosts
        process = try? ProcessMetrics()
    }

    /// From now on there is something to tell.
    func begin(_ server: WebSocketServer) {
        let factory = server.managers
        self.factory.withLock { $0 = factory }
        accepted.withLock { $0 = { [weak server] in server?.acceptedConnectionCount ?? 0 } }
    }

    /// Counts a connection that ends.
    func connectionEnds(_ connection: Connection, _ outcome: CloseOutcome) {
        ended.count(connection, outcome)
    }

    /// The answer to a request that does not ask for WebSocket.
    func response(to request: RequestHead) -> HTTPResponse {
        guard ["/healthz", "/stats", "/metrics"].contains(request.path) else { return .upgradeRequired }
        guard hosts.allows(request.host) else {
            return HTTPResponse(
                status: 421, text: "This host's pages are not here; serve --allow-host lets a name in.\n")
        }
        guard request.method == "GET" else { return HTTPResponse(status: 405, text: "Only GET is answered here.\n") }
        guard let statistics = factory.withLock({ $0 })?.statistics else {
            return HTTPResponse(status: 503, text: "The server is starting or ending.\n")
        }
        switch request.path {
        case "/healthz": return HTTPResponse(status: 200, text: "ok\n")
        case "/stats": return stats(statistics)
        default: return metrics(statistics, OpenMetricsText.Format(accept: request.fields.values(of: "Accept")))
        }
    }

    /// What there is to show `seconds` after the server began; nil before that, and where this process cannot be read.
    func moment(at seconds: Double) -> LiveServe.Moment? {
        guard let statistics = factory.withLock({ $0 })?.statistics, let held = process?.held else { return nil }
        return LiveServe.Moment(
            seconds: seconds, open: statistics.resources, accepted: accepted.withLock { $0 }?() ?? 0,
            ended: ended.totals.map { ($0.kind.rawValue, $0.total) }, descriptors: held.descriptors,
            sockets: held.sockets, heapBytes: OwnHeap.current().liveBytes)
    }

    private func stats(_ statistics: ManagerStatistics) -> HTTPResponse {
        guard let text = try? JSONText.render(Statistics(statistics, uptimeSeconds: process?.uptimeSeconds)) else {
            return HTTPResponse(status: 500, text: "The statistics cannot be encoded.\n")
        }
        return HTTPResponse(
            status: 200, fields: Self.fields("application/json"), body: Array((text + "\n").utf8))
    }

    private func metrics(_ statistics: ManagerStatistics, _ format: OpenMetricsText.Format) -> HTTPResponse {
        let now = ContinuousClock.now
        if let last = lastMetrics.withLock({ $0[format] }), last.at.duration(to: now) < Self.metricsAge {
            return last.response
        }
        var page = OpenMetricsText(format)
        page.counter(
            "watertight_connections_accepted", "Connections accepted, those that asked for a page included.",
            [("", Double(accepted.withLock { $0 }?() ?? 0))])
        page.counter(
            "watertight_connections_ended", "Connections that have ended, by the way they went.", label: "kind",
            ended.totals.map { ($0.kind.rawValue, Double($0.total)) })
        page.add(statistics)
        do {
            try process?.add(to: &page)
        } catch {
            return HTTPResponse(status: 500, text: "The process cannot be read: \(error)\n")
        }
        let response = HTTPResponse(
            status: 200, fields: Self.fields(format.mediaType), body: Array(page.finished.utf8))
        lastMetrics.withLock { $0[format] = (now, response) }
        return response
    }

    private static func fields(_ mediaType: String) -> HTTPFields {
        var fields = HTTPFields()
        fields.append(name: "Content-Type", value: mediaType)
        fields.append(name: "Cache-Control", value: "no-store")
        return fields
    }

    /// The document at `/stats`.
    private struct Statistics: Encodable {
        var schema = "watertight.stats/1"
        var uptimeSeconds: Double?
        var managers: ManagerStatistics
        var cleanedUp: Int
        var cleanupPercent: Double
        var refused: Int
        var usersWithManagers: Int

        init(_ statistics: ManagerStatistics, uptimeSeconds: Double?) {
            self.uptimeSeconds = uptimeSeconds
            managers = statistics
            cleanedUp = statistics.cleanedUp
            cleanupPercent = statistics.cleanupPercent
            refused = statistics.refused
            usersWithManagers = statistics.usersWithManagers
        }
    }
}

extension OpenMetricsText {
    fileprivate mutating func add(_ statistics: ManagerStatistics) {
        gauge("watertight_connections", "Open connections.", Double(statistics.resources))
        gauge("watertight_managers", "Active managers.", Double(statistics.active))
        gauge("watertight_managers_cleaning_up", "Managers whose cleanup is under way.", Double(statistics.cleaningUp))
        gauge("watertight_manager_users", "Users with an active manager.", Double(statistics.usersWithManagers))
        gauge("watertight_managers_anonymous", "Active managers of no user.", Double(statistics.anonymous))
        gauge(
            "watertight_managers_per_user_maximum", "Active managers of the user who has most.",
            Double(statistics.managersPerUser.values.max() ?? 0))
        counter("watertight_managers_created", "Managers created.", [("", Double(statistics.created))])
        counter(
            "watertight_managers_ended", "Managers that have ended, by what ended them.", label: "reason",
            CleanupReason.allCases.map { ($0.rawValue, Double(statistics.ended[$0] ?? 0)) })
        counter(
            "watertight_managers_refused", "Managers and connections refused, by the limit that was hit.",
            label: "limit",
            [
                ("maximumManagersPerUser", Double(statistics.refusedByUserLimit)),
                ("maximumManagers", Double(statistics.refusedByGlobalLimit)),
                ("maximumResourcesPerManager", Double(statistics.refusedByResourceLimit)),
            ])
        counter(
            "watertight_connections_closed_hard", "Connections that a cleanup had to reset.",
            [("", Double(statistics.closedHard))])
        let durations = statistics.cleanupDurations
        histogram(
            "watertight_manager_cleanup_seconds", unit: "seconds", "How long cleanups took.",
            bounds: DurationHistogram.bounds, counts: durations.counts, sum: durations.sumSeconds)
    }
}
