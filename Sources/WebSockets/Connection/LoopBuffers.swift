import Sockets
import SystemCalls
import WebSocketProtocol

/// What the connections of one event loop share: the cork that gathers one turn's output, and fresh masking keys. So an
/// idle connection costs bytes, not kilobytes.
final class LoopBuffers {
    /// Output gathered by the channel that owns the loop's cork.
    @exclusivity(unchecked) var cork = ByteQueue()
    /// Masking keys from the kernel's random source, drawn many at a time (RFC 6455, section 5.3).
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)

    /// Compressors and decompressors of connections that keep no context of their own.
    let deflate = DeflateContexts()

    /// What the cork may keep between turns, in bytes.
    static let keptCapacity = 256 * 1024

    func clearCork() {
        cork.removeAll(keepingCapacity: cork.capacity <= Self.keptCapacity)
    }

    static func of(_ loop: EventLoop) -> LoopBuffers {
        loop.attachment { LoopBuffers() }
    }
}
