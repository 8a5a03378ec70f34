/// The compressors and decompressors without context that the connections of one event loop share.
///
/// Each is made when first used. Not sendable: one for each thread.
public final class DeflateContexts {
    private var deflaters: [DeflaterKey: Deflater] = [:]
    private var inflaters: [Int: Inflater] = [:]
    /// Compressed output on its way into a frame.
    var scratch = ByteQueue()

    private struct DeflaterKey: Hashable {
        var windowBits: Int
        var level: Int
        var memoryLevel: Int
    }

    /// No contexts.
    public init() {}

    /// Messages up to so many bytes get a compressor with small tables.
    ///
    /// A compressor without context clears its tables for each message, and a short message fills only a corner of
    /// them: tables of the usual size, 64 KiB, cost an echo of 1 KiB some 7 %. A smaller window than negotiated is
    /// always allowed.
    static let shortMessageBytes = 4096
    private static let shortMessageWindowBits = 12
    private static let shortMessageMemoryLevel = 6

    /// The compressor for a message of so many bytes.
    func deflater(for agreement: DeflateAgreement, messageBytes: Int) -> Deflater {
        var key = DeflaterKey(
            windowBits: agreement.localWindowBits, level: agreement.level, memoryLevel: agreement.memoryLevel)
        if messageBytes <= Self.shortMessageBytes {
            key.windowBits = min(key.windowBits, Self.shortMessageWindowBits)
            key.memoryLevel = min(key.memoryLevel, Self.shortMessageMemoryLevel)
        }
        if let found = deflaters[key] { return found }
        let made = Deflater(windowBits: key.windowBits, level: key.level, memoryLevel: key.memoryLevel)
        deflaters[key] = made
        return made
    }

    func inflater(for agreement: DeflateAgreement) -> Inflater {
        if let found = inflaters[agreement.remoteWindowBits] { return found }
        let made = Inflater(windowBits: agreement.remoteWindowBits)
        inflaters[agreement.remoteWindowBits] = made
        return made
    }
}

/// The compression of one connection: what was negotiated, and its own contexts if it keeps them.
final class DeflateState {
    let agreement: DeflateAgreement
    let contexts: DeflateContexts
    /// Whether the message in progress is compressed (RSV1 of its first frame; RFC 7692, section 6).
    var isMessageCompressed = false
    private var ownDeflater: Deflater?
    private var ownInflater: Inflater?

    init(_ agreement: DeflateAgreement, contexts: DeflateContexts) {
        self.agreement = agreement
        self.contexts = contexts
    }

    /// The compressor for a message of so many bytes.
    func deflater(messageBytes: Int) -> Deflater {
        guard agreement.localContextTakeover else {
            return contexts.deflater(for: agreement, messageBytes: messageBytes)
        }
        if let ownDeflater { return ownDeflater }
        let made = Deflater(
            windowBits: agreement.localWindowBits, level: agreement.level, memoryLevel: agreement.memoryLevel)
        ownDeflater = made
        return made
    }

    var inflater: Inflater {
        guard agreement.remoteContextTakeover else { return contexts.inflater(for: agreement) }
        if let ownInflater { return ownInflater }
        let made = Inflater(windowBits: agreement.remoteWindowBits)
        ownInflater = made
        return made
    }
}
