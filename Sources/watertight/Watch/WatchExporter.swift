import LeakCheck
import LeakReports
import Logging
import SystemCalls
import WebSocketProtocol
import WebSockets

/// The page of metrics of a watch, over HTTP.
final class WatchExporter: Sendable {
    private let last = Locked<Watch.Progress?>(nil)
    private let hosts: AllowedHosts
    private let server = Locked<WebSocketServer?>(nil)

    private init(_ hosts: AllowedHosts) {
        self.hosts = hosts
    }

    /// Listens, and says on stderr where; throws `Code.unreachable` where it cannot.
    static func start(on place: ListenArgument, allowing names: [String]) async throws -> WatchExporter {
        let exporter = WatchExporter(AllowedHosts(listeningOn: place.host, more: names))
        var configuration = ServerConfiguration()
        configuration.host = place.host
        configuration.port = place.port
        configuration.maximumConnections = 64
        configuration.httpResponse = { [weak exporter] in exporter?.response(to: $0) ?? .upgradeRequired }
        configuration.refusal = { _ in HTTPResponse(status: 404, text: "Here is /metrics only.\n") }
        do {
            let server = try await WebSocketServer.start(configuration, logger: Logger(label: "watertight.watch")) {
                _ in
                SinkHandler()
            }
            exporter.server.withLock { $0 = server }
            StandardError.print("watertight: metrics on http://\(server.address)/metrics")
        } catch {
            StandardError.print("watertight: --listen: cannot listen on \(place.host):\(place.port): \(error)")
            throw Code.unreachable
        }
        return exporter
    }

    /// What is told from now on.
    func show(_ progress: Watch.Progress) {
        last.withLock { $0 = progress }
    }

    /// Stops listening.
    func end() async {
        let server = server.withLock { server in
            defer { server = nil }
            return server
        }
        await server?.shutdownNow()
    }

    private func response(to request: RequestHead) -> HTTPResponse {
        guard request.path == "/metrics" else { return HTTPResponse(status: 404, text: "Here is /metrics only.\n") }
        guard hosts.allows(request.host) else {
            return HTTPResponse(status: 421, text: "This host's page is not here; --allow-host lets a name in.\n")
        }
        guard request.method == "GET" else { return HTTPResponse(status: 405, text: "Only GET is answered here.\n") }
        guard let progress = last.withLock({ $0 }) else {
            return HTTPResponse(status: 503, text: "Nothing has been read yet.\n")
        }
        let format = OpenMetricsText.Format(accept: request.fields.values(of: "Accept"))
        var fields = HTTPFields()
        fields.append(name: "Content-Type", value: format.mediaType)
        fields.append(name: "Cache-Control", value: "no-store")
        return HTTPResponse(
            status: 200, fields: fields, body: Array(WatchMetrics.page(progress, format).utf8))
    }
}
