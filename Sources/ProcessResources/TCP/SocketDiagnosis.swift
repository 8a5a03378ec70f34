import CLinux
import Glibc
import SystemCalls

/// Requests the kernel's TCP sockets over netlink, `NETLINK_SOCK_DIAG` (sock_diag(7)).
///
/// It answers for the network namespace of the thread that makes this value. Bounded in memory, datagrams and time.
struct SocketDiagnosis: ~Copyable {
    /// The kernel fills datagrams of at most 32 KiB.
    private static let datagramBytes = 64 * 1024
    /// Each holds hundreds of sockets.
    private static let maximumDatagrams = 65_536
    private static let limit = Duration.seconds(10)
    private static let maximumAttempts = 3

    private let descriptor: OwnedDescriptor
    private var buffer: [UInt8]
    private var sequence: UInt32

    /// Opens the socket; only the kernel can send to it.
    init() throws(SocketDiagnosisFailure) {
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_NETLINK, kind, NETLINK_SOCK_DIAG)
        guard number >= 0 else { throw .call(SystemCallError(.socket)) }
        let descriptor = OwnedDescriptor(owning: number)
        var wait = timeval(tv_sec: 1, tv_usec: 0)
        guard setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size)) == 0 else {
            throw .call(SystemCallError(.setsockopt))
        }
        var kernel = sockaddr_nl()
        kernel.nl_family = UInt16(AF_NETLINK)
        let isConnected = withUnsafePointer(to: &kernel) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(number, address, socklen_t(MemoryLayout<sockaddr_nl>.size)) == 0
            }
        }
        guard isConnected else { throw .call(SystemCallError(.connect)) }
        self.descriptor = descriptor
        buffer = [UInt8](repeating: 0, count: Self.datagramBytes)
        sequence = 0
    }

    /// The rows of a table that carry an inode.
    static func heldRows(of table: TCPTable) throws(SocketDiagnosisFailure) -> [TCPRow] {
        var diagnosis = try SocketDiagnosis()
        return try diagnosis.heldRows(of: table)
    }

    /// Retries if the tables changed so that the kernel calls its answer inconsistent.
    private mutating func heldRows(of table: TCPTable) throws(SocketDiagnosisFailure) -> [TCPRow] {
        for _ in 0..<Self.maximumAttempts {
            sequence += 1
            try ask(for: table)
            if let rows = try answer() { return rows }
        }
        throw .inconsistent
    }

    private func ask(for table: TCPTable) throws(SocketDiagnosisFailure) {
        var request = SocketDiagnosisRequest(family: table.family, sequence: sequence)
        let size = MemoryLayout<SocketDiagnosisRequest>.size
        while true {
            if send(descriptor.rawValue, &request, size, 0) == size { return }
            guard errno == EINTR else { throw .call(SystemCallError(.send)) }
        }
    }

    /// Reads all datagrams of one answer; nil if the kernel calls it inconsistent.
    private mutating func answer() throws(SocketDiagnosisFailure) -> [TCPRow]? {
        let start = ContinuousClock.now
        var answer = SocketDiagnosisAnswer(sequence: sequence)
        for _ in 0..<Self.maximumDatagrams {
            let count = try receive()
            do throws(ParseFailure) {
                try answer.receive(buffer.span.extracting(0..<count).bytes)
            } catch {
                throw .malformed(error)
            }
            switch answer.state {
            case .complete: return answer.isConsistent ? answer.rows : nil
            case .refused(let number): throw .refused(errno: number)
            case .unfinished: break
            }
            if ContinuousClock.now - start > Self.limit { break }
        }
        throw .endless
    }

    /// Receives one datagram whole.
    private mutating func receive() throws(SocketDiagnosisFailure) -> Int {
        while true {
            // With MSG_TRUNC the length is that of the datagram, even if it did not fit.
            let count = buffer.withUnsafeMutableBytes { bytes in
                recv(descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_TRUNC))
            }
            if count > buffer.count { throw .malformed(ParseFailure("a datagram of \(count) bytes")) }
            if count >= 0 { return count }
            guard errno == EINTR else { throw .call(SystemCallError(.recv)) }
        }
    }
}

/// Why the kernel gave no usable answer.
enum SocketDiagnosisFailure: Error, Hashable {
    /// A system call failed: the kernel, or a filter of our calls, has no such sockets.
    case call(SystemCallError)
    /// The kernel answered with an error number.
    case refused(errno: Int32)
    /// The answer is not as documented.
    case malformed(ParseFailure)
    /// The tables changed under every attempt.
    case inconsistent
    /// The answer went on beyond its bounds.
    case endless
}
