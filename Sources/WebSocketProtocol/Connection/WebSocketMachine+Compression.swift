extension WebSocketMachine {
    /// What a kept scratch buffer may hold between messages, in bytes.
    private static var keptScratchBytes: Int { 64 * 1024 }

    /// Compresses a message into one frame (RFC 7692, section 7.2.1).
    @inline(never)
    func appendCompressed(
        _ kind: MessageKind, _ payload: UnsafeRawBufferPointer, _ deflate: DeflateState, into output: inout ByteQueue
    ) {
        let contexts = deflate.contexts
        deflate.deflater(messageBytes: payload.count).compress(
            payload, keepsContext: deflate.agreement.localContextTakeover, into: &contexts.scratch)
        contexts.scratch.withUnsafeBytes { appendFrame(kind.opcode, fin: true, rsv1: true, $0, into: &output) }
        contexts.scratch.removeAll(keepingCapacity: contexts.scratch.capacity <= Self.keptScratchBytes)
    }

    /// Replaces the assembled message by its decompressed form (RFC 7692, section 7.2.2).
    ///
    /// The compressed message is whole and within the limit, and so is the output: both are held for this call.
    @inline(never)
    mutating func decompressMessage(_ kind: MessageKind, _ deflate: DeflateState) -> ProtocolFailure.Reason? {
        var message = ByteQueue()
        let outcome = assembly.withUnsafeBytes { payload in
            deflate.inflater.decompress(
                payload, limit: limits.maximumMessageBytes, keepsContext: deflate.agreement.remoteContextTakeover,
                into: &message)
        }
        deflate.isMessageCompressed = false
        assembly.removeAll(keepingCapacity: false)
        switch outcome {
        case .tooBig: return .messageTooBig(limit: limits.maximumMessageBytes)
        case .invalid: return .invalidCompression
        case .complete: break
        }
        if kind == .text, !message.withUnsafeBytes({ UTF8Progress.isValid($0) }) { return .invalidUTF8 }
        assembly = message
        return nil
    }
}
