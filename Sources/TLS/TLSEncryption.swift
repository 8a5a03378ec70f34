import Glibc
public import Sockets
import SystemCalls

/// A TLS session over a channel's descriptor.
///
/// Reads once and sends once in a turn. Ciphertext that the kernel does not take stays here; while there is some a server
/// reads nothing more, or its answers would pile up for a peer that never reads.
public final class TLSEncryption: Encryption {
    @exclusivity(unchecked) var session: TLSSession
    let buffers: TLSBuffers
    @exclusivity(unchecked) private var unsent: [UInt8] = []
    /// How much of `unsent` was sent since.
    @exclusivity(unchecked) private var unsentStart = 0
    /// Bytes among them that answer what the peer sent, not what our side did.
    @exclusivity(unchecked) private var unsentAnswers = 0
    @exclusivity(unchecked) private var pendingEnd: TLSSession.End?
    /// Why nothing can be decrypted any more; nil as long as something may.
    @exclusivity(unchecked) public private(set) var failure: EncryptionFailure?
    /// Whether the stream ended without the peer's close_notify, so that what it sent may have been cut short.
    @exclusivity(unchecked) public private(set) var isTruncated = false
    /// Called with the ciphertext that is sent or was received; nil where nobody looks.
    @exclusivity(unchecked) public var observer: ((_ isSent: Bool, UnsafeRawBufferPointer) -> Void)?

    /// The longest record and its header, and what OpenSSL may have kept of the one before (RFC 8446, section 5.2).
    private static let recordBytes = 17 * 1024
    /// What is encrypted before it is sent.
    private static let batchBytes = 64 * 1024
    /// Answers that a client keeps for a server that does not read.
    private static let mostUnsentAnswers = 64 * 1024
    /// What OpenSSL holds for a session at rest.
    private static let sessionBytes = 16 * 1024

    /// A session of `context` whose ciphertext passes through `buffers`; a client shakes hands as `kind` says.
    public init(
        _ context: TLSContext, serverName: String?, buffers: TLSBuffers, kind: TLSHandshakeKind = .ordinary,
        ticket: TLSTicket? = nil
    ) throws(EncryptionFailure) {
        session = try TLSSession(context, serverName: serverName, buffers: buffers, kind: kind, ticket: ticket)
        self.buffers = buffers
    }

    /// Whether the handshake is complete.
    public var isEstablished: Bool { session.isEstablished }
    /// Version, suite and certificate; nil before the handshake is complete.
    public var summary: EncryptionSummary? { session.summary }
    /// Ciphertext that the kernel has not taken.
    public var unsentBytes: Int { unsent.count - unsentStart }
    /// What OpenSSL holds, by measure, and what is unsent.
    public var heldBytes: Int { Self.sessionBytes + unsent.capacity }
    /// Whether an end came with the last plaintext.
    public var hasPendingEnd: Bool { pendingEnd != nil }

    /// Reading alone until the handshake is complete; writing while ciphertext is unsent, and of a server nothing else.
    public func interest(for wanted: Readiness) -> Readiness {
        var needed = wanted
        if !session.isEstablished && !session.hasFailed && needed.contains(.writable) {
            // Only what comes can bring the handshake forward.
            needed.remove(.writable)
            needed.insert(.readable)
        }
        if unsentBytes > 0 {
            needed.insert(.writable)
            if session.isServer { needed.remove(.readable) }
        }
        // The kernel says nothing of an end that was read already: any other event brings it up.
        if pendingEnd != nil && wanted.contains(.readable) { needed.insert(.writable) }
        return needed
    }

    /// Reads once; the end of the stream is close_notify or the FIN, whichever comes first (RFC 8446, section 6.1).
    public func receive(into buffer: UnsafeMutableRawBufferPointer, from number: Int32) -> Channel.ReceiveResult {
        if let end = pendingEnd.take() { return result(of: end) }
        if session.isServer && unsentBytes > 0 { return .wouldBlock }
        let most = min(buffers.window.count, buffer.count) - Self.recordBytes
        precondition(most > 0, "a record does not fit into the buffer")
        let count: Int
        switch Self.recv(number, buffers.window.baseAddress!, most) {
        case .success(let received): count = received
        case .failure(let error): return error.errno == EAGAIN ? .wouldBlock : .failed(error)
        }
        guard count > 0 else {
            if session.hasInputEnded { return .endOfStream }
            isTruncated = true
            return session.isEstablished ? .endOfStream : result(of: .failed(.endedInHandshake))
        }
        observer?(false, UnsafeRawBufferPointer(rebasing: buffers.window[..<count]))
        // Dropped: what follows an end is nothing to anyone, but must be read so that no reset overtakes our last bytes.
        if session.hasInputEnded { return .wouldBlock }
        let input = session.receive(UnsafeRawBufferPointer(rebasing: buffers.window[..<count]), into: buffer)
        // A failure to send shows again when something is read next.
        let answers = buffers.output.count
        if sendOutput(to: number) != nil { dropUnsent() }
        unsentAnswers = unsentBytes == 0 ? 0 : unsentAnswers + answers
        if unsentAnswers > Self.mostUnsentAnswers {
            return result(of: .failed(.violation("the peer asks for answers that it does not read")))
        }
        guard input.count > 0 else { return input.end.map(result) ?? .wouldBlock }
        pendingEnd = input.end
        return .bytes(input.count, isDrained: count < most)
    }

    private func result(of end: TLSSession.End) -> Channel.ReceiveResult {
        switch end {
        case .closeNotify: return .endOfStream
        case .failed(let failure):
            self.failure = failure
            return .encryptionFailed
        }
    }

    /// Encrypts at most 64 KiB at a time, for as long as the kernel takes them.
    public func send(
        _ bytes: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer, to number: Int32
    ) -> Channel.SendResult {
        if session.hasFailed { return .failed(SystemCallError(.send, errno: EPIPE)) }
        if unsentBytes > 0 {
            let result = flush(to: number)
            if unsentBytes > 0 { return result }
        }
        guard session.isEstablished else {
            session.begin()
            if let error = sendOutput(to: number) { return .failed(error) }
            return .wouldBlock
        }
        let whole = bytes.count + more.count
        var taken = 0
        while taken < whole && unsentBytes == 0 {
            let end = min(whole, taken + Self.batchBytes)
            let parts = (
                bytes[min(taken, bytes.count)..<min(end, bytes.count)],
                more[max(0, taken - bytes.count)..<max(0, end - bytes.count)]
            )
            guard session.encrypt(UnsafeRawBufferPointer(rebasing: parts.0)),
                session.encrypt(UnsafeRawBufferPointer(rebasing: parts.1))
            else {
                buffers.clearOutput()
                return .failed(SystemCallError(.send, errno: EPIPE))
            }
            if let error = sendOutput(to: number) { return .failed(error) }
            taken = end
        }
        return .bytes(taken)
    }

    /// Sends ciphertext that the kernel has not taken.
    public func flush(to number: Int32) -> Channel.SendResult {
        while unsentBytes > 0 {
            let result = unsent.withUnsafeBytes {
                Self.send(number, UnsafeRawBufferPointer(rebasing: $0[unsentStart...]))
            }
            switch result {
            case .success(let count): unsentStart += count
            case .failure(let error):
                if error.errno == EAGAIN { return .wouldBlock }
                dropUnsent()
                return .failed(error)
            }
        }
        dropUnsent()
        return .bytes(0)
    }

    /// Sends close_notify, once (RFC 8446, section 6.1).
    public func endWriting(to number: Int32) {
        session.endWriting()
        // Nobody is left to be told that it failed: what is read next says so.
        if sendOutput(to: number) != nil { dropUnsent() }
    }

    /// Sends the session's output after what is unsent, and keeps what the kernel does not take; the error otherwise.
    func sendOutput(to number: Int32) -> SystemCallError? {
        let output = buffers.output
        guard !output.isEmpty else { return nil }
        observer?(true, output)
        defer { buffers.clearOutput() }
        var sent = 0
        if unsentBytes == 0 {
            switch Self.send(number, output) {
            case .success(let count): sent = count
            case .failure(let error): if error.errno != EAGAIN { return error }
            }
        }
        if sent < output.count { unsent += output[sent...] }
        return nil
    }

    private func dropUnsent() {
        unsent = []
        unsentStart = 0
        unsentAnswers = 0
    }

    private static func send(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Result<Int, SystemCallError> {
        while true {
            let count = Glibc.send(number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .success(count) }
            if errno != EINTR { return .failure(SystemCallError(.send)) }
        }
    }

    private static func recv(
        _ number: Int32, _ target: UnsafeMutableRawPointer, _ most: Int
    ) -> Result<Int, SystemCallError> {
        while true {
            let count = Glibc.recv(number, target, most, 0)
            if count >= 0 { return .success(count) }
            if errno != EINTR { return .failure(SystemCallError(.recv)) }
        }
    }
}
