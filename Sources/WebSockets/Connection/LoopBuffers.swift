import Sockets
import SystemCalls
import WebSocketProtocol

/// What the connections of one event loop share: the cork that gathers one turn's output, and fresh masking keys. So an
/// idle connection costs bytes, not kilobytes.
final class LoopBuffers {
    /// Output gathered by the connection that holds the cork.
    @exclusivity(unchecked) var cork = ByteQueue()
    private let corkLease: Lease
    /// Masking keys from the kernel's random source, drawn many at a time (RFC 6455, section 5.3).
    let maskingKeys = MaskingKeySource(fill: KernelRandom.fill)

    /// Compressors and decompressors of connections that keep no context of their own.
    let deflate = DeflateContexts()

    /// What the cork may keep between turns, in bytes.
    static let keptCapacity = 256 * 1024

    private init(_ loop: EventLoop) {
        corkLease = loop.corkLease
    }

    static func of(_ loop: EventLoop) -> LoopBuffers {
        loop.attachment { LoopBuffers(loop) }
    }

    /// Makes `connection` the one that gathers; what the former one has gathered is sent first, which may end any
    /// connection.
    func claimCork(for connection: Connection) {
        corkLease.claim(for: connection)
    }

    /// Whether the cork's bytes are those of `connection`.
    func holdsCork(_ connection: Connection) -> Bool { corkLease.isHeld(by: connection) }

    func clearCork() {
        cork.removeAll(keepingCapacity: cork.capacity <= Self.keptCapacity)
    }
}
