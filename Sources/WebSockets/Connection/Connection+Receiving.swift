import Managers
import Sockets
import WebSocketProtocol

extension Connection {
    /// Copies the unparsed rest of the window to a buffer of its own, because another connection is about to read.
    func keepRemainder() {
        guard !remainder.isEmpty else { return }
        parked.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(loop.window)[remainder]))
        remainder = 0..<0
        accountForBuffers()
    }

    /// Reads once into the loop's window and parses there. epoll reports again what is left in the kernel.
    func readOnce() {
        let window = loop.claimWindow(for: self)
        switch receive(into: window) {
        case .bytes(let count, let isDrained):
            life.received(isDrained: isDrained, at: loop.turnStart)
            bytesReceived &+= count
            let reached = process(UnsafeMutableRawBufferPointer(rebasing: window[..<count]), from: 0)
            guard !life.isClosed else { return }
            remainder = reached < count ? reached..<count : 0..<0
            // Most input is whole messages, which leave nothing in buffers.
            if accountedBytes > 0 || life.isHandshaking || machine.bufferedCapacity > 0 { accountForBuffers() }
        case .endOfStream: perform(life.streamEnded(hasUnsentOutput: hasUnsentOutput))
        case .wouldBlock: if encryption != nil { accountForBuffers() }
        case .encryptionFailed:
            if let failure = encryption?.failure { perform(life.encryptionFailed(failure, at: loop.turnStart)) }
        case .failed(let error): perform(life.broke(error))
        }
    }

    /// Parses `input` from `start` until it is consumed or reading is held; returns the position reached.
    func process(_ input: UnsafeMutableRawBufferPointer, from start: Int) -> Int {
        var position = start
        isProcessing = true
        defer { isProcessing = false }
        var span = input.mutableBytes
        if life.isHandshaking {
            open(with: span.bytes, at: &position)
        }
        while life.parsesMessages {
            // Claiming may report failed sends to others, which may do anything to this connection.
            buffers.claimCork(for: self)
            guard life.parsesMessages else { break }
            guard let event = nextEvent(in: &span, at: &position) else { break }
            handle(event, in: span.bytes)
            flushLargeCork()
            if position == input.count { break }
        }
        return life.discardsInput ? input.count : position
    }

    private func nextEvent(in span: inout MutableRawSpan, at position: inout Int) -> WebSocketMachine.Event? {
        guard backlog.count >= limits.sendBufferBytes else {
            return machine.next(in: &span, at: &position, replies: &buffers.cork)
        }
        // With a full send buffer a Ping gets no answer (RFC 6455, section 5.5.3); a Close does.
        var replies = ByteQueue()
        let event = machine.next(in: &span, at: &position, replies: &replies)
        switch event {
        case .close, .failure: buffers.cork.append(replies.bytes)
        default: break
        }
        return event
    }

    private func open(with input: RawSpan, at position: inout Int) {
        guard let opening else { return }
        switch opening.receive(input, at: &position, on: self) {
        case .needsMore: break
        case .opened(let deflate, let makeHandler):
            self.opening = nil
            if let deflate { useCompression(deflate) }
            setDeadline(life.opened(at: loop.turnStart, unsentBytes: unsentBytes))
            let handler = makeHandler()
            // Making the handler may already have ended the connection.
            guard !life.isClosed else { return handler.closed(self, CloseOutcome(.aborted)) }
            self.handler = handler
            handler.opened(self)
        case .answered(let status, let limit):
            perform(life.refused(status: status, because: limit, at: loop.turnStart))
        case .failed(let outcome):
            end(outcome)
        }
    }

    /// Replaces the machine by one that compresses: no frame has passed yet.
    private func useCompression(_ agreement: DeflateAgreement) {
        machine = WebSocketMachine(
            role: role, limits: limits.messages, maskingKeys: role == .client ? buffers.maskingKeys : nil,
            deflate: agreement, contexts: buffers.deflate)
    }

    private func handle(_ event: WebSocketMachine.Event, in input: RawSpan) {
        switch event {
        case .message(let kind, .input(let range)):
            messagesReceived &+= 1
            activity?.recordActivity()
            handler?.received(kind, input.extracting(range), on: self)
        case .message(let kind, .assembled):
            messagesReceived &+= 1
            activity?.recordActivity()
            let assembled = machine.takeAssembled()
            handler?.received(kind, assembled.bytes, on: self)
        case .ping(.input): break
        case .ping(.assembled): _ = machine.takeAssembled()
        case .pong(.input(let range)):
            handler?.receivedPong(input.extracting(range), on: self)
        case .pong(.assembled):
            let assembled = machine.takeAssembled()
            handler?.receivedPong(assembled.bytes, on: self)
        case .close(let code, let reason):
            perform(life.peerClosed(code, reason: reason, at: loop.turnStart))
        case .failure(let failure):
            perform(life.protocolFailed(failure, at: loop.turnStart))
        }
    }

    /// Stops delivering messages; what arrives stays in the kernel, which makes the peer wait.
    ///
    /// No effect once closing has begun.
    public func pause() {
        life.hold(.paused)
    }

    /// Delivers messages again, those that were held first.
    public func resume() {
        release(.paused)
    }

    /// Parses no further until the task that just got a message has taken it and had its turn.
    ///
    /// So its answer leaves before anything that later frames cause, above all a failed connection's Close.
    func holdForTask() {
        life.hold(.receiver)
    }

    /// Continues parsing after `holdForTask()`.
    func releaseForTask() {
        release(.receiver)
    }

    private func release(_ reason: ConnectionLife.ReadHold) {
        guard life.release(reason) else { return }
        processHeld()
        guard !life.isClosed else { return }
        updateInterest()
    }

    /// Parses what was received before reading was held.
    func processHeld() {
        guard !isProcessing, !life.isReadingHeld, !life.isClosed else { return }
        // More may have arrived since.
        life.isInputDrained = false
        if !parked.isEmpty {
            var held = ByteQueue()
            swap(&held, &parked)
            let count = held.count
            let reached = held.withUnsafeMutableBytes { process($0, from: 0) }
            if !life.isClosed && reached < count {
                held.removeFirst(reached)
                swap(&held, &parked)
            }
        } else if !remainder.isEmpty, loop.windowLease.isHeld(by: self) {
            let held = remainder
            remainder = 0..<0
            let bytes = UnsafeMutableRawBufferPointer(rebasing: loop.window[..<held.upperBound])
            let reached = process(bytes, from: held.lowerBound)
            if !life.isClosed && reached < held.upperBound { remainder = reached..<held.upperBound }
        }
        if accountedBytes > 0 || machine.bufferedCapacity > 0 { accountForBuffers() }
    }
}
