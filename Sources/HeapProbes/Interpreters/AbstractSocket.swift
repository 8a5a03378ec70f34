import Glibc
import SystemCalls

/// A question to a socket in the abstract namespace (unix(7)), in a thread that may block.
enum AbstractSocket {
    /// Sends `request` to the socket called `name`, and returns what is answered until the other end closes.
    static func answer(
        of name: String, to request: String, by deadline: MonotonicTime, maximumBytes: Int = 65_536
    ) throws(SystemCallError) -> String {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemCallError(.socket) }
        let descriptor = OwnedDescriptor(owning: number)
        try connect(descriptor.rawValue, to: name)
        let sent = Array(request.utf8)
        guard send(descriptor.rawValue, sent, sent.count, Int32(MSG_NOSIGNAL)) == sent.count else {
            throw SystemCallError(.send)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while bytes.count < maximumBytes {
            guard Polling.wait(for: POLLIN, on: descriptor.rawValue, until: deadline) else {
                throw SystemCallError(.recv, errno: ETIMEDOUT)
            }
            let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 {
                break
            } else if errno != EINTR {
                throw SystemCallError(.recv)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func connect(_ descriptor: Int32, to name: String) throws(SystemCallError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The name begins with a byte of zero and ends with the length that is passed.
        let bytes = [0] + Array(name.utf8)
        guard bytes.count <= MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemCallError(.connect, errno: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(length))
            }
        }
        guard result == 0 else { throw SystemCallError(.connect) }
    }
}
