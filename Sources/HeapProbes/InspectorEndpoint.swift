import FoundationEssentials
import Glibc
package import ProcessResources
import Remedies
import Sockets
import SystemCalls
import WebSocketProtocol

/// Finds, and where need be opens, the inspector of a process of Node.js or Deno.
package struct InspectorEndpoint {
    let process: ProcessReader
    /// Whether SIGUSR1 opens it, as in Node.js.
    let opensOnSignal: Bool
    /// Where the process serves: not the inspector's.
    let servingPort: UInt16

    private static let standardPort: UInt16 = 9229
    /// For a process that has just started to listen for the signal.
    private static let startLimit = Duration.seconds(2)
    /// For a process that is busy to notice the signal.
    private static let openLimit = Duration.seconds(15)

    /// The inspector of `process`, which serves at `servingPort`.
    package init(_ process: ProcessReader, servingPort: UInt16) {
        self.process = process
        self.servingPort = servingPort
        opensOnSignal = (try? process.runtime().runtime) == .node
    }

    /// The URL of the inspector's WebSocket.
    package func url() async throws(HeapProbeFailure) -> String {
        let earlier = try listeners()
        for listener in earlier where mayInspect(listener) {
            if let url = try? await Self.page(listener) { return url }
        }
        guard opensOnSignal else {
            throw HeapProbeFailure(
                "process \(process.pid) has no inspector"
                    + "\(remedies: .outside("start Deno with --inspect=127.0.0.1:0"), .goWithoutHeap)")
        }
        try await signal()
        let deadline = MonotonicTime.now + Self.openLimit
        while MonotonicTime.now < deadline {
            for listener in try listeners() where !earlier.contains(where: { $0.inode == listener.inode }) {
                if let url = try? await Self.page(listener) { return url }
            }
            try? await Task.sleep(for: .milliseconds(10))
        }
        let taken = ProcessReader.listening(port: Self.standardPort).filter { $0 != process.pid }
        throw HeapProbeFailure(
            taken.isEmpty
                ? "process \(process.pid) did not open its inspector within \(Self.openLimit)\(remedies: .goWithoutHeap)"
                : "process \(process.pid) cannot open its inspector, because process \(taken[0]) listens on port "
                    + "\(Self.standardPort)"
                    + "\(remedies: .outside("start the server with NODE_OPTIONS=--inspect-port=0"), .goWithoutHeap)")
    }

    private func listeners() throws(HeapProbeFailure) -> [ListenerQueue] {
        do {
            return try process.heldListeners().filter { $0.local.port != servingPort }
        } catch {
            throw HeapProbeFailure("\(error)")
        }
    }

    /// A page of a server's own is left alone unless the process was told to be inspected.
    private func mayInspect(_ listener: ListenerQueue) -> Bool {
        listener.local.port == Self.standardPort
            || ((try? process.commandLine()) ?? []).contains { $0.hasPrefix("--inspect") }
            || ((try? process.variables()) ?? []).contains {
                $0.hasPrefix("NODE_OPTIONS=") && $0.hasSuffix("--inspect-port=\(listener.local.port)")
            }
    }

    private func signal() async throws(HeapProbeFailure) {
        // Where Node was told not to listen for the signal, or has only just started, it would end the process.
        let deadline = MonotonicTime.now + Self.startLimit
        while (try? process.catches(signal: SIGUSR1)) != true {
            guard process.isAlive, MonotonicTime.now < deadline else {
                throw HeapProbeFailure(
                    "process \(process.pid) has turned its inspector off"
                        + "\(remedies: .outside("start it without --disable-sigusr1"), .goWithoutHeap)")
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        do throws(SystemCallError) {
            try process.signal(SIGUSR1)
        } catch {
            throw HeapProbeFailure(
                "process \(process.pid) may not be sent SIGUSR1 (\(error))\(remedies: .outside("run as its user"), .goWithoutHeap)"
            )
        }
    }

    private struct Page: Decodable {
        var webSocketDebuggerUrl: String
    }

    private static func page(_ listener: ListenerQueue) async throws -> String {
        let host = listener.localHost
        let location = try HTTPLocation("http://\(host):\(listener.local.port)/json/list")
        let body = try await HTTPFetch.body(at: location, within: .seconds(2))
        guard let page = try JSONDecoder().decode([Page].self, from: Data(body)).first else {
            throw HeapProbeFailure("\(location) lists nothing to inspect")
        }
        // Behind an address of all interfaces it names that address, which is none to connect to.
        let target = try WebSocketURL(page.webSocketDebuggerUrl).target
        return "ws://\(host):\(listener.local.port)\(target)"
    }
}
