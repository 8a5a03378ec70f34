import Sockets
import SystemCalls
import WebSocketProtocol

/// One scripted connection: does what its lifecycle's steps say, and ends.
///
/// Confined to its loop. It owns one socket and a few hundred bytes; the read window is the loop's.
final class Peer: Channel, @unchecked Sendable {
    private let script: PeerScript
    private let lifecycle: Lifecycle
    private var steps: [Lifecycle.Step] { lifecycle.steps }
    private let supplies: PeerSupplies
    private var finished: ((PeerOutcome) -> Void)?
    private var handshake: ClientHandshake
    private var machine: WebSocketMachine
    private var step = 0
    /// The step whose limit is running; what else the target sends must not prolong it.
    private var timedStep = -1
    private var isConnected = false
    private var hasReply = false
    private var hasClose = false
    private var isUpgraded = false
    private var output = ByteQueue()

    init(
        loop: EventLoop, script: PeerScript, lifecycle: Lifecycle, supplies: PeerSupplies,
        finished: @escaping (PeerOutcome) -> Void
    ) throws(ClientRequestError) {
        self.script = script
        self.lifecycle = lifecycle
        self.supplies = supplies
        self.finished = finished
        handshake = try script.handshake(lifecycle)
        machine = WebSocketMachine(role: .client, maskingKeys: supplies.maskingKeys)
        super.init(loop: loop)
    }

    /// Connects; `finished` is called once, possibly before this returns.
    func begin() {
        do throws(SystemCallError) {
            try register(OwnedDescriptor.connecting(to: script.address), for: .writable)
            setDeadline(loop.turnStart + script.stepLimit)
        } catch {
            finish(.notAttempted("\(error)"))
        }
    }

    override func ready(for readiness: Readiness) {
        if !isConnected {
            if let failure = withDescriptor({ $0.connectFailure() }) ?? nil { return finish(.refused("\(failure)")) }
            isConnected = true
            wait(for: .readable)
            return advance()
        }
        if readiness.contains(.writable) { flush() }
        guard isRegistered, !readiness.isDisjoint(with: [.readable, .hangup, .failed]) else { return }
        let window = loop.claimWindow(for: self)
        defer { loop.releaseWindow(by: self) }
        switch receive(into: window) {
        case .bytes(let count): take(UnsafeMutableRawBufferPointer(rebasing: window[..<count]))
        case .wouldBlock: break
        case .endOfStream: streamEnded("the target ended the stream")
        case .failed(let error): streamEnded("\(error)")
        }
    }

    override func deadlineReached() {
        guard step < steps.count else { return }
        // A server that keeps TCP open after the closing handshake has still closed the WebSocket connection.
        if steps[step] == .awaitEnd { return next() }
        finish(isConnected ? .stalled(steps[step]) : .refused("no answer to the TCP connect"))
    }

    override func loopEnds() {
        finish(.broken("the drive was ended"))
    }

    // MARK: Steps

    private func advance() {
        while isRegistered, step < steps.count {
            switch steps[step] {
            case .sendRequest: handshake.encodeRequest(into: &output)
            case .sendMessage:
                var message = lifecycle.isCompressed ? script.compressedMessage : script.message
                let sent = message.withUTF8 {
                    machine.appendMessage(.text, UnsafeRawBufferPointer($0).bytes, into: &output)
                }
                guard sent else { return finish(.broken("the target closed before a message could be sent")) }
            case .sendClose:
                // Without effect when the target's Close came first and is already answered.
                _ = machine.appendClose(.normalClosure, reason: "", into: &output)
            case .awaitUpgrade: if !isUpgraded { return awaitTarget() }
            case .awaitReply: if script.expectsReply && !hasReply { return awaitTarget() }
            case .awaitClose: if !hasClose { return awaitTarget() }
            case .awaitEnd: return awaitTarget()
            case .leaveWithFIN:
                flush()
                closeDescriptor()
                return finish(.completed)
            case .leaveWithReset:
                flush()
                resetDescriptor()
                return finish(.completed)
            }
            step += 1
        }
    }

    private func next() {
        step += 1
        advance()
    }

    private func awaitTarget() {
        flush()
        guard isRegistered, timedStep != step else { return }
        timedStep = step
        setDeadline(.now + (steps[step] == .awaitEnd ? script.endLimit : script.stepLimit))
    }

    private func take(_ input: UnsafeMutableRawBufferPointer) {
        var position = 0
        var span = input.mutableBytes
        if !isUpgraded {
            switch handshake.receive(span.bytes, at: &position) {
            case .needsMore: return
            case .failed(.refused(let head)):
                return finish(.refused("HTTP \(head.status) \(head.reason.escapedForTerminal)"))
            case .failed(let failure): return finish(.broken("\(failure)"))
            case .complete(let accepted):
                guard upgrade(accepted.deflate) else { return finish(.uncompressed) }
            }
        }
        while let event = machine.next(in: &span, at: &position, replies: &output) {
            switch event {
            case .message: hasReply = true
            case .ping, .pong: break
            case .close: hasClose = true
            case .failure(let failure): return finish(.broken("\(failure)"))
            }
        }
        advance()
    }

    /// The handshake is complete; false when the target did not agree to what the lifecycle insists on.
    private func upgrade(_ agreement: DeflateAgreement?) -> Bool {
        isUpgraded = true
        guard lifecycle.isCompressed else { return true }
        guard var agreement else { return false }
        // The target may expect references to earlier messages; none has to come. One compressor then serves all peers.
        agreement.localContextTakeover = false
        machine = WebSocketMachine(
            role: .client, maskingKeys: supplies.maskingKeys, deflate: agreement, contexts: supplies.contexts)
        return true
    }

    private func streamEnded(_ problem: String) {
        guard step < steps.count else { return }
        if steps[step] == .awaitEnd { return next() }
        finish(.broken("\(problem) (\(steps[step].rawValue))"))
    }

    private func flush() {
        while !output.isEmpty {
            let result = output.withUnsafeBytes { send($0) }
            switch result {
            case .bytes(let count): output.removeFirst(count)
            case .wouldBlock: return wait(for: [.readable, .writable])
            case .failed(let error): return finish(.broken("\(error)"))
            }
        }
        output.removeAll(keepingCapacity: false)
        wait(for: .readable)
    }

    private func finish(_ outcome: PeerOutcome) {
        guard let finished = finished.take() else { return }
        closeDescriptor()
        finished(outcome)
    }
}

/// What the peers of one drive share, on its loop.
struct PeerSupplies {
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)
    let contexts = DeflateContexts()
}
