import Lifecycles
import ProcessResources
import Sockets
import SystemCalls
import WebSocketProtocol

/// How a command becomes a target.
extension Target {
    /// Starts a command on a free port and waits until it accepts connections.
    ///
    /// What `setting` says is set in the command's environment.
    static func start(
        _ arguments: [String], url template: String, limit: Duration, setting: [String: String]
    ) async throws -> Target {
        let port = try FreePort.onLoopback()
        func filled(_ text: String) -> String { text.replacing("{port}", with: "\(port)") }
        let url: WebSocketURL
        do {
            url = try WebSocketURL(filled(template))
        } catch {
            throw CheckFailure.invalid("\(error)")
        }
        let name = arguments.joined(separator: " ")
        if !ProcessReader.listening(port: url.port).isEmpty {
            throw CheckFailure.unreachable(
                "another process listens on port \(url.port) already: end it, or let {port} choose a free one")
        }
        let command: TargetCommand
        do {
            command = try TargetCommand(arguments.map(filled), port: port, setting: setting)
        } catch {
            throw CheckFailure.unreachable("cannot start \"\(name)\": \(error)")
        }
        do {
            let address = try await waitUntilAccepting(url, command, name: name, limit: limit)
            let tree = try ProcessTree(roots: [command.pid])
            try await requireListener(tree, port: url.port, command, name: name)
            return try Target(url: url, address: address, command: command, tree: tree)
        } catch {
            command.end()
            if error is CancellationError { throw error }
            throw error as? CheckFailure ?? CheckFailure.unreachable("\(error)")
        }
    }

    private static func waitUntilAccepting(
        _ url: WebSocketURL, _ command: TargetCommand, name: String, limit: Duration
    ) async throws -> SocketAddress {
        let addresses = try await Resolver.addresses(of: url.host, port: url.port)
        let deadline = MonotonicTime.now + limit
        while MonotonicTime.now < deadline {
            try Task.checkCancellation()
            if let ending = command.ending() {
                let left = try await leftBehind(command)
                throw CheckFailure.unreachable(
                    "\"\(name)\" did not start: it \(ending)\(left)\(quoted(command.lastOutput))")
            }
            for address in addresses where try accepts(address) { return address }
            try await Task.sleep(for: .milliseconds(20))
        }
        let elsewhere = command.listeners.map { "; \($0)" } ?? ""
        throw CheckFailure.unreachable(
            "\"\(name)\" does not accept connections on \(url.host):\(url.port) after \(limit)\(elsewhere): pass the port it "
                + "uses in the URL, or {port} in the command, and give a slow starter more with --start-limit"
                + quoted(command.lastOutput))
    }

    /// What is said of the processes that a command which has ended leaves behind.
    private static func leftBehind(_ command: TargetCommand) async throws -> String {
        let deadline = MonotonicTime.now + succession
        while MonotonicTime.now < deadline, !command.processes.isEmpty {
            if let listeners = command.listeners {
                return ", and \(listeners): give a command that stays in the foreground"
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return ""
    }

    /// Makes sure that what accepts is the command and nobody else, or another process would be read than is driven.
    private static func requireListener(
        _ tree: consuming ProcessTree, port: UInt16, _ command: TargetCommand, name: String
    ) async throws {
        for _ in 0..<100 {
            try tree.refresh()
            if try !tree.listeners(port: port).isEmpty { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        let elsewhere = command.listeners.map { " (\($0))" } ?? ""
        throw CheckFailure.unreachable(
            "neither \"\(name)\" nor a descendant of it listens on port \(port)\(elsewhere), though something does: start the "
                + "server itself, or check it by URL and --pid")
    }
}
