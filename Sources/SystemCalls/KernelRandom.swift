import CLinux
import Glibc

/// The kernel's random source.
public enum KernelRandom {
    /// Fills `buffer` with unpredictable bytes (getrandom(2)).
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var filled = 0
        while filled < buffer.count {
            let count = getrandom(buffer.baseAddress! + filled, buffer.count - filled, 0)
            if count > 0 { filled += count } else { precondition(errno == EINTR, "the kernel has no random bytes") }
        }
    }
}
