/// The compressors and decompressors that the connections of one event loop share, as far as they keep no context.
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

    /// None yet.
    public init() {}

    func deflater(for agreement: DeflateAgreement) -> Deflater {
        let key = DeflaterKey(
            windowBits: agreement.localWindowBits, level: agreement.level, memoryLevel: agreement.memoryLevel)
        if let found = deflaters[key] { return found }
        let made = Self.makeDeflater(agreement)
        deflaters[key] = made
        return made
    }

    func inflater(for agreement: DeflateAgreement) -> Inflater {
        if let found = inflaters[agreement.remoteWindowBits] { return found }
        let made = Inflater(windowBits: agreement.remoteWindowBits)
        inflaters[agreement.remoteWindowBits] = made
        return made
    }

    static func makeDeflater(_ agreement: DeflateAgreement) -> Deflater {
        Deflater(
            windowBits: agreement.localWindowBits, level: agreement.level, memoryLevel: agreement.memoryLevel)
    }
}

/// The compression of one connection: what was agreed, and its own contexts where it keeps them.
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

    var deflater: Deflater {
        guard agreement.localContextTakeover else { return contexts.deflater(for: agreement) }
        if let ownDeflater { return ownDeflater }
        let made = DeflateContexts.makeDeflater(agreement)
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
