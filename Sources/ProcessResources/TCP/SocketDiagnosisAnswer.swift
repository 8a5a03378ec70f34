import CLinux
import Glibc

/// The kernel's answer to a request for sockets, read datagram by datagram (netlink(7), sock_diag(7)).
struct SocketDiagnosisAnswer {
    enum State: Hashable {
        case unfinished
        case complete
        case refused(errno: Int32)
    }

    /// The rows so far, those with an inode.
    private(set) var rows: [TCPRow] = []
    private(set) var state = State.unfinished
    /// Whether no message said that the tables changed in a way that leaves gaps.
    private(set) var isConsistent = true
    private let sequence: UInt32

    /// Expects the answer to the request with this number.
    init(sequence: UInt32) {
        self.sequence = sequence
    }

    /// Reads the messages of one datagram; ignores what follows the end of the answer.
    mutating func receive(_ datagram: RawSpan) throws(ParseFailure) {
        var rest = datagram
        while rest.byteCount > 0, state == .unfinished {
            guard rest.byteCount >= MemoryLayout<nlmsghdr>.size else {
                throw ParseFailure("a message header cut short")
            }
            let header = rest.unsafeLoadUnaligned(as: nlmsghdr.self)
            let length = Int(header.nlmsg_len)
            guard length >= MemoryLayout<nlmsghdr>.size, length <= rest.byteCount else {
                throw ParseFailure("a message of \(length) bytes where \(rest.byteCount) are left")
            }
            if header.nlmsg_seq == sequence {
                try receive(header, rest.extracting(MemoryLayout<nlmsghdr>.size..<length))
            }
            // Messages begin at multiples of four; the last may lack its padding.
            rest = rest.extracting(min((length + 3) & ~3, rest.byteCount)...)
        }
    }

    private mutating func receive(_ header: nlmsghdr, _ payload: RawSpan) throws(ParseFailure) {
        if Int32(header.nlmsg_flags) & NLM_F_DUMP_INTR != 0 { isConsistent = false }
        switch Int32(header.nlmsg_type) {
        case NLMSG_NOOP: break
        case SOCK_DIAG_BY_FAMILY: try receiveSocket(payload)
        case NLMSG_ERROR:
            guard let number = Self.number(payload), number < 0 else { throw ParseFailure("an error without a number") }
            state = .refused(errno: 0 &- number)
        case NLMSG_DONE:
            // The walk itself may have failed.
            let number = Self.number(payload) ?? 0
            state = number < 0 ? .refused(errno: 0 &- number) : .complete
        default: throw ParseFailure("a message of type \(header.nlmsg_type)")
        }
    }

    private mutating func receiveSocket(_ payload: RawSpan) throws(ParseFailure) {
        guard payload.byteCount >= MemoryLayout<inet_diag_msg>.size else {
            throw ParseFailure("a socket in \(payload.byteCount) bytes")
        }
        // Attributes may follow; none were requested.
        let message = payload.unsafeLoadUnaligned(as: inet_diag_msg.self)
        guard let row = TCPRow(message) else {
            throw ParseFailure("a socket of address family \(message.idiag_family)")
        }
        if row.inode != 0 { rows.append(row) }
    }

    private static func number(_ payload: RawSpan) -> Int32? {
        payload.byteCount >= MemoryLayout<Int32>.size ? payload.unsafeLoadUnaligned(as: Int32.self) : nil
    }
}

extension TCPRow {
    /// Reads a socket as `NETLINK_SOCK_DIAG` describes it; nil for a family other than IP.
    init?(_ message: inet_diag_msg) {
        let source = message.id.idiag_src
        let destination = message.id.idiag_dst
        switch Int32(message.idiag_family) {
        case AF_INET:
            local = TCPEndpoint(
                address: .v4(UInt32(bigEndian: source.0)), port: UInt16(bigEndian: message.id.idiag_sport))
            remote = TCPEndpoint(
                address: .v4(UInt32(bigEndian: destination.0)), port: UInt16(bigEndian: message.id.idiag_dport))
        case AF_INET6:
            local = TCPEndpoint(address: Self.address(source), port: UInt16(bigEndian: message.id.idiag_sport))
            remote = TCPEndpoint(address: Self.address(destination), port: UInt16(bigEndian: message.id.idiag_dport))
        default: return nil
        }
        state = TCPState(rawValue: message.idiag_state)
        inode = UInt64(message.idiag_inode)
        receiveQueue = Int(message.idiag_rqueue)
        // For a listening socket the kernel gives its backlog here.
        transmitQueue = state == .listen ? 0 : Int(message.idiag_wqueue)
    }

    private static func address(_ words: (UInt32, UInt32, UInt32, UInt32)) -> TCPEndpoint.Address {
        func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
            UInt64(UInt32(bigEndian: first)) << 32 | UInt64(UInt32(bigEndian: second))
        }
        return .v6(pair(words.0, words.1), pair(words.2, words.3))
    }
}
