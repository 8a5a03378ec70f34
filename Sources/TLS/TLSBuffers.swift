import COpenSSL
import Glibc
import Sockets

/// What the sessions of one loop share, so that each costs no more than OpenSSL's own state: the ciphertext that has just
/// arrived, that which is to leave, and the BIO through which OpenSSL takes and gives both.
///
/// Confined to one thread. Both are empty between the calls of a session.
public final class TLSBuffers {
    /// Ciphertext is received here.
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: EventLoop.windowBytes, alignment: 64)
    /// What OpenSSL has yet to take.
    @exclusivity(unchecked) var input = UnsafeRawBufferPointer(start: nil, count: 0)
    /// A window full of messages that each want an answer as long, and what is encrypted at a time, fit.
    private let cork = UnsafeMutableRawBufferPointer.allocate(
        byteCount: EventLoop.windowBytes + 128 * 1024, alignment: 64)
    @exclusivity(unchecked) private var corked = 0
    /// The subject of the certificate that was found wanting during the present call.
    @exclusivity(unchecked) var untrustedSubject: String?
    /// Has no socket; every session of these buffers holds a reference to it.
    @exclusivity(unchecked) private(set) var bio: OpaquePointer

    /// Empty buffers; pages are taken when they are first used.
    public init() {
        guard let bio = BIO_new(Self.method) else { fatalError("there is no memory for a BIO") }
        self.bio = bio
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        BIO_free(bio)
        window.deallocate()
        cork.deallocate()
    }

    /// Ciphertext to send; valid until the next call.
    public var output: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: cork[..<corked]) }

    /// Forgets what was to be sent.
    public func clearOutput() { corked = 0 }

    /// Appends to the output; false if there is no room.
    func appendOutput(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let source = bytes.baseAddress, corked + bytes.count <= cork.count else { return bytes.isEmpty }
        (cork.baseAddress! + corked).copyMemory(from: source, byteCount: bytes.count)
        corked += bytes.count
        return true
    }

    /// Moves input to `target`; how many bytes.
    fileprivate func takeInput(_ target: UnsafeMutableRawPointer, atMost most: Int) -> Int {
        let count = min(input.count, most)
        guard count > 0 else { return 0 }
        target.copyMemory(from: input.baseAddress!, byteCount: count)
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    /// The buffers of the session that OpenSSL calls about.
    static func of(_ bio: OpaquePointer?) -> TLSBuffers {
        Unmanaged<TLSBuffers>.fromOpaque(BIO_get_data(bio)).takeUnretainedValue()
    }

    nonisolated(unsafe) private static let method: OpaquePointer = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "window and cork") else {
            fatalError("there is no memory for a BIO")
        }
        BIO_meth_set_create(method) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(method) { bio, target, most in
            copenssl_clear_retry(bio)
            let count = TLSBuffers.of(bio).takeInput(target!, atMost: Int(most))
            guard count > 0 else {
                // Without this flag an empty window reads as the end of the stream.
                copenssl_set_retry_read(bio)
                return -1
            }
            return Int32(count)
        }
        BIO_meth_set_write(method) { bio, source, count in
            copenssl_clear_retry(bio)
            let bytes = UnsafeRawBufferPointer(start: source, count: Int(count))
            return TLSBuffers.of(bio).appendOutput(bytes) ? count : -1
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()
}
