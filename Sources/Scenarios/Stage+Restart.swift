import ProcessResources
import Subprocesses
import SystemCalls
import WebSocketProtocol
import WebSockets

extension Stage {
    /// How long the server may take to listen.
    private static let startLimit = Duration.seconds(10)

    /// Scenario `server-restart`.
    func restartServer() async throws {
        var port = 0
        for life in 1...2 {
            guard let child = try await ServerProcess.start(setting.serverCommand, port: port, within: Self.startLimit)
            else {
                return expect("server number \(life) listens", false, found: "no ready line")
            }
            defer { child.command.terminateAndWait() }
            port = Int(child.port)
            otherPorts.withLock { _ = $0.insert(child.port) }
            let clients = try await openClients(of: child, life: life)
            await exchange(clients, "life \(life)")
            await eventually("sockets of server number \(life)", is: clients.count) { child.connectedSockets.count }
            if life == 1 { child.command.kill() } else if setting.defect == nil { await close(clients) }
            await eventually("clients that are left of life \(life)", is: 0) { await openCount(of: clients) }
            await eventually("our sockets that are left of life \(life)", is: 0) {
                ownSockets(port: child.port).count
            }
            await eventually("sockets that server number \(life) is left with", is: 0) { child.connectedSockets.count }
            child.command.terminateAndWait()
            let isOrderly = life == 2
            expect(
                "end of server number \(life)", child.command.status().map { "it \($0)" } ?? "it runs",
                is: isOrderly ? "it has exited with code 0" : "it was ended by signal 9 (SIGKILL)")
            await forget(clients)
        }
    }

    private func openClients(of child: ServerProcess, life: Int) async throws -> [ConnectionUnderTest] {
        var opened: [ConnectionUnderTest] = []
        for number in 1...10 {
            opened.append(try await open("user=restart&connection=r\(number)", at: child.url))
        }
        return opened
    }
}

/// The built-in server in a process of its own.
struct ServerProcess {
    let command: RunningCommand
    let url: String
    let port: UInt16
    private let reader: ProcessReader

    /// Starts it and waits for its ready line; nil when that does not come.
    static func start(_ words: [String], port: Int, within limit: Duration) async throws -> ServerProcess? {
        let command = try RunningCommand(words + ["--port", "\(port)"])
        let start = ContinuousClock.now
        while start.duration(to: .now) < limit, command.status() == nil, !Task.isCancelled {
            if let url = command.lastOutput.split(separator: "\n").first?.split(separator: " ").last.map(String.init),
                let parsed = try? WebSocketURL(url), let reader = try? ProcessReader(pid: command.pid)
            {
                return ServerProcess(command: command, url: url, port: parsed.port, reader: reader)
            }
            try? await Task.sleep(for: .milliseconds(2))
        }
        command.terminateAndWait()
        return nil
    }

    /// Its sockets but for the one that listens; none once the process has ended.
    var connectedSockets: [OpenDescriptor] {
        ((try? reader.openDescriptors()) ?? []).filter { ($0.tcpState ?? .listen) != .listen }
    }
}
