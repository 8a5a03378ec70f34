import HeapProbes
import ProcessResources
import Remedies
import Sockets
import Subprocesses
import SystemCalls
import WebSocketProtocol

/// How a command becomes a target.
extension Target {
    /// Starts a command on a free port and waits until it accepts connections.
    ///
    /// `PORT` and what `environment` says are set in the command's environment. A command that may have ended because of the
    /// library for native programs or the agent for Ruby is started again without, and one whose port was taken by somebody
    /// else before it could listen on another port.
    package static func start(
        _ arguments: [String], url template: String, limit: Duration, environment: [String: String]
    ) async throws -> Target {
        for attempt in 1... {
            do {
                return try await startWithOrWithoutPreload(
                    arguments, url: template, limit: limit, environment: environment)
            } catch let taken as PortTaken {
                if attempt == mostPorts { throw taken.failure }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// How many ports a command is tried on: between the choice of one and the command's bind(2) anybody may take it.
    private static let mostPorts = 3

    /// A command that could not have the port that was chosen for it.
    private struct PortTaken: Error {
        var failure: TargetFailure
    }

    /// Whether the output of a command says that its port was taken (EADDRINUSE).
    static func saysPortTaken(_ output: String) -> Bool {
        let words = output.lowercased()
        return words.contains("address already in use") || words.contains("address in use")
            || words.contains("eaddrinuse")
    }

    private static func startWithOrWithoutPreload(
        _ arguments: [String], url template: String, limit: Duration, environment: [String: String]
    ) async throws -> Target {
        let bare = HeapSpecification.withoutPreload(environment)
        for variables in bare == environment ? [environment] : [environment, bare] {
            do {
                return try await startOnce(arguments, url: template, limit: limit, environment: variables)
            } catch let ended as EndedAtStart {
                if variables == bare || !ended.mayBlamePreload { throw ended.failure }
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// A command that has ended before it accepted a connection.
    private struct EndedAtStart: Error {
        var failure: TargetFailure
        var mayBlamePreload: Bool
    }

    /// Whether what is loaded first may be why a command has ended: a sanitizer wants to come first and names LD_PRELOAD, a
    /// loader says what it misses, a sandbox kills, or Ruby does not see the agent's file, or cannot parse it.
    static func mayBlamePreload(_ ending: TerminationStatus, output: String) -> Bool {
        guard let code = ending.exitCode, code < 128 else { return true }
        let words = [
            "LD_PRELOAD", "Error relocating", "error while loading shared libraries", "symbol lookup error",
            "watertight-agent-",
        ]
        return words.contains { output.contains($0) }
    }

    private static func startOnce(
        _ arguments: [String], url template: String, limit: Duration, environment: [String: String]
    ) async throws -> Target {
        let port = try FreePort.onLoopback()
        func filled(_ text: String) -> String { text.replacing("{port}", with: "\(port)") }
        let url: WebSocketURL
        do {
            url = try WebSocketURL(filled(template))
        } catch {
            throw TargetFailure.invalid("\(error)")
        }
        let name = arguments.joined(separator: " ")
        if !ProcessReader.listening(port: url.port).isEmpty {
            throw TargetFailure.unreachable(
                "another process listens on port \(url.port) already: end it, or let {port} choose a free one")
        }
        let command: RunningCommand
        do {
            command = try RunningCommand(
                arguments.map(filled), environment: environment.merging(["PORT": "\(port)"]) { $1 })
        } catch {
            throw TargetFailure.unreachable("cannot start \"\(name)\": \(error)")
        }
        do {
            let address = try await waitUntilAccepting(url, command, name: name, limit: limit)
            let tree = try ProcessTree(roots: [command.pid])
            try await requireListener(tree, port: url.port, command, name: name)
            return try Target(url: url, address: address, command: command, tree: tree)
        } catch {
            let hasEnded = command.status() != nil || (error as? ProcessReadFailure)?.meansEnded == true
            command.terminateAndWait()
            if error is CancellationError { throw error }
            let failure =
                (error as? EndedAtStart)?.failure ?? error as? TargetFailure ?? TargetFailure.unreachable("\(error)")
            // What accepted on the port that was chosen was somebody else, or the command says itself that it was taken.
            let isTaken = error is EndedAtStart ? saysPortTaken(command.lastOutput) : hasEnded
            if url.port == port && isTaken { throw PortTaken(failure: failure) }
            throw error is EndedAtStart ? error : failure
        }
    }

    private static func waitUntilAccepting(
        _ url: WebSocketURL, _ command: RunningCommand, name: String, limit: Duration
    ) async throws -> SocketAddress {
        let addresses = try await Resolver.addresses(of: url.host, port: url.port)
        let deadline = MonotonicTime.now + limit
        var isLastLook = false
        while true {
            try Task.checkCancellation()
            if let ending = command.status() {
                let left = try await leftBehind(command)
                try await awaitOutput(of: command)
                throw EndedAtStart(
                    failure: .unreachable(
                        "\"\(name)\" did not start: it \(ending)\(left)\(quoted(command.lastOutput))"),
                    mayBlamePreload: mayBlamePreload(ending, output: command.lastOutput))
            }
            for address in addresses where try accepts(address) { return address }
            if isLastLook { break }
            try await Task.sleep(for: .milliseconds(20))
            // On a busy machine this may come after the limit: what listens by then has started in time.
            isLastLook = MonotonicTime.now >= deadline
        }
        let elsewhere = command.listeners.map { "; \($0)" } ?? ""
        throw TargetFailure.unreachable(
            "\"\(name)\" does not accept connections on \(url.host):\(url.port) after \(limit)\(elsewhere)"
                + "\(remedies: .giveTimeToStart)\(quoted(command.lastOutput))")
    }

    /// Waits a moment for the last words of a command that has ended: they are read by another thread.
    private static func awaitOutput(of command: RunningCommand) async throws {
        for _ in 0..<15 where command.lastOutput.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
    }

    /// What is said of the processes that a command which has ended leaves behind.
    private static func leftBehind(_ command: RunningCommand) async throws -> String {
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
        _ tree: consuming ProcessTree, port: UInt16, _ command: RunningCommand, name: String
    ) async throws {
        for _ in 0..<100 {
            try tree.refresh()
            if try !tree.listeners(port: port).isEmpty { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        let elsewhere = command.listeners.map { " (\($0))" } ?? ""
        throw TargetFailure.unreachable(
            "neither \"\(name)\" nor a descendant of it listens on port \(port)\(elsewhere), though something does"
                + "\(remedies: .outside("start the server itself"), .checkRunning([]))")
    }
}
