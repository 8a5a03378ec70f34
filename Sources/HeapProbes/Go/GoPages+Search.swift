import ProcessResources
import Remedies
import SystemCalls

/// Finding the pages of a program of which nothing is told but its processes.
extension GoPages {
    /// For all ports together, as far as they are waited for: a machine that has no time for us takes none of it.
    private static let searchLimit = Duration.seconds(3)
    private static let mostPorts = 8
    /// How often the ports are gone through, at which interval, and how long each may take to answer: a program begins to serve
    /// one after the other, and on a busy machine it does so late.
    private static let interval = Duration.milliseconds(50)
    private static let answerLimits: [Duration] = [
        .milliseconds(250), .milliseconds(250), .milliseconds(500), .milliseconds(1500),
    ]

    /// The pages on a port of the one among `processes` that listens; that of `url` is asked first.
    static func found(among processes: [ProcessReader], _ url: HTTPLocation) async throws(HeapProbeFailure) -> GoPages {
        var left = searchLimit
        var server: (process: ProcessReader, listeners: [ListenerQueue])?
        for (attempt, answerLimit) in answerLimits.enumerated() {
            if attempt > 0 {
                try? await Task.sleep(for: interval)
                guard left > .zero else { break }
            }
            server = try listening(processes)
            guard let server else { continue }
            for place in places(server.process, server.listeners, url).prefix(mostPorts) {
                guard left > .zero else { break }
                let isTarget = place == url.hostField
                guard
                    let pages = try? GoPages(HTTPLocation("\(isTarget && url.isSecure ? "https" : "http")://\(place)/"))
                else { continue }
                let limit = min(left, answerLimit)
                let began = MonotonicTime.now
                if (try? await pages.goroutineCount(within: limit)) != nil { return pages }
                left -= min(limit, began.elapsed)
            }
        }
        throw absence(server?.process ?? processes[0], server?.listeners ?? [])
    }

    /// The process that listens, with where it does; nil where none does.
    private static func listening(
        _ processes: [ProcessReader]
    ) throws(HeapProbeFailure) -> (process: ProcessReader, listeners: [ListenerQueue])? {
        var found: [(process: ProcessReader, listeners: [ListenerQueue])] = []
        for process in processes {
            do throws(ProcessReadFailure) {
                let listeners = try process.heldListeners()
                if !listeners.isEmpty { found.append((process, listeners)) }
            } catch {
                throw HeapProbeFailure("\(error)\(remedies: .goWithoutHeap, after: .alternative)")
            }
        }
        guard found.count > 1 else { return found.first }
        throw HeapProbeFailure(
            "processes \(found.map { "\($0.process.pid)" }.joined(separator: ", ")) are Go programs that listen, and a "
                + "page is of one of them only\(remedies: .outside("check one process"), .nameGoPage, .goWithoutHeap)")
    }

    /// The hosts and ports at which `process` may have its pages.
    private static func places(_ process: ProcessReader, _ listeners: [ListenerQueue], _ url: HTTPLocation) -> [String]
    {
        let first = listeners.contains { $0.local.port == url.port } ? [url.hostField] : []
        // In a container its loopback is another.
        guard process.isInOwnNetwork else { return first }
        return first
            + listeners.filter { $0.isLocal && $0.local.port != url.port }.sorted { $0.local.port < $1.local.port }
            .map { "\($0.localHost):\($0.local.port)" }
    }

    private static func absence(_ process: ProcessReader, _ listeners: [ListenerQueue]) -> HeapProbeFailure {
        let ports = Set(listeners.map(\.local.port)).sorted().map(String.init).joined(separator: ", ")
        guard process.isInOwnNetwork else {
            return HeapProbeFailure(
                "process \(process.pid), a Go program, is in a network of its own, where only the port of the check can be "
                    + "asked for net/http/pprof\(remedies: .nameGoPage, .goWithoutHeap)")
        }
        let place = ports.isEmpty ? ", as it listens on no port" : " on its ports (\(ports))"
        let serve = Remedy.outside("import _ \"net/http/pprof\" and serve it on a loopback port")
        return HeapProbeFailure(
            "process \(process.pid), a Go program, serves no net/http/pprof\(place)"
                + "\(remedies: serve, .nameGoPage, .goWithoutHeap)")
    }
}

extension ListenerQueue {
    /// Whether it takes connections of this machine at a loopback address.
    var isLocal: Bool {
        switch local.address {
        case .v4(let bytes): bytes == 0 || bytes >> 24 == 127
        case .v6(let high, let low): high == 0 && low <= 1
        }
    }

    /// How a URL names its address, that of all interfaces as loopback.
    var localHost: String {
        switch local.address {
        case .v4(0): "127.0.0.1"
        case .v6(0, 0): "[::1]"
        case .v4: "\(local.address)"
        case .v6: "[\(local.address)]"
        }
    }
}
