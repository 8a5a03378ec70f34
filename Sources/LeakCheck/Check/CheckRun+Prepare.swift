import Glibc
import Lifecycles
import ProcessResources
import Sockets
import WebSocketProtocol

/// A first look at the target, before anything is measured.
extension CheckRun {
    /// How long the target may take over each step of the first connection.
    private static let firstLimit = Duration.seconds(2)
    /// Connections that are held to see whether the processes that are read take them.
    private static let heldConnections = 8
    /// Descriptors that this process keeps for what is no connection: processes that are read, files, pipes.
    private static let reservedDescriptors = 24

    /// Makes a polite connection, and learns whether the target answers messages.
    func meet(_ target: Target) async throws {
        var script = script(for: target)
        script.stepLimit = Self.firstLimit
        let first = await driver.drive(.cleanClose, script, .init(connections: 1, concurrency: 1))
        isPolite = first.completed > 0
        if case .awaitReplies? = first.firstStall {
            // It may well not answer at all, or be a feed: the closing handshake decides.
            expectsReply = false
            script.expectsReply = false
            notes.append("it does not answer a message within 2 s: the peers send theirs and do not wait for one")
            let second = await driver.drive(.cleanClose, script, .init(connections: 1, concurrency: 1))
            isPolite = second.completed > 0
            if !isPolite { notes.append(impoliteNote(second)) }
        } else if first.stalled > 0 {
            notes.append(
                "a polite connection takes longer than 2 s (\(first.firstStall.map(String.init(describing:)) ?? "")): so "
                    + "slow a target needs a longer --budget, or more --concurrency")
        } else if !isPolite {
            if first.refused == 0 && TLSProbe.speaksTLS(target.address) {
                throw CheckFailure.invalid(
                    "port \(target.url.port) speaks TLS, which is not supported: give the port on which the server "
                        + "speaks plain ws://, or end TLS in a proxy before it and name the server with --pid")
            }
            notes.append(impoliteNote(first))
        }
        if target.listens == false { try await requirePart(of: target) }
    }

    private func impoliteNote(_ counts: DriveCounts) -> String {
        "a polite connection does not work: \(counts.firstProblem ?? "no reason known")"
    }

    /// Makes sure that processes of which none listens on the URL's port have a part in its connections, as a server behind a
    /// proxy has; or nothing could be said of them.
    private func requirePart(of target: Target) async throws {
        let port = target.url.port
        let pids = target.pids.map(String.init).joined(separator: ", ")
        notes.append("none of the processes read (\(pids)) listens on port \(port)")
        guard isPolite else { return }
        var script = script(for: target)
        script.holdLimit = .milliseconds(400)
        let before = try target.descriptorCount()
        let load = PeerDriver.Load(connections: Self.heldConnections, concurrency: Self.heldConnections)
        let holding = Task { [driver, script] in await driver.drive(.vanishOpen, script, load) }
        var most = before
        let deadline = MonotonicTime.now + .milliseconds(600)
        while MonotonicTime.now < deadline, most - before < Self.heldConnections / 2 {
            try await Task.sleep(for: .milliseconds(10))
            most = max(most, try target.descriptorCount())
        }
        let counts = await holding.value
        guard counts.completed == Self.heldConnections, most - before < Self.heldConnections / 2 else { return }
        let others = ProcessReader.listening(port: port).map(String.init).joined(separator: ", ")
        throw CheckFailure.invalid(
            "process \(pids) does not listen on port \(port), and opened nothing while \(Self.heldConnections) connections "
                + "were held there: name the server's own process with --pid"
                + (others.isEmpty ? "" : "; process \(others) listens on that port"))
    }

    /// Connections at a time that this process has descriptors for.
    func boundConcurrency() {
        let held = (try? ProcessReader(pid: getpid()).descriptorCount()) ?? 0
        let room = max(1, DescriptorLimit.current - held - Self.reservedDescriptors)
        concurrencyBound = room
        guard room < plan.concurrency else { return }
        notes.append(
            "no more than \(room) connections at a time are made, as this process may open only \(DescriptorLimit.current) "
                + "descriptors: raise that limit (ulimit -n)")
    }
}
