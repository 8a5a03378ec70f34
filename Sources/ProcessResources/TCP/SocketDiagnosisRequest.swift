import CLinux
import Glibc

/// The request for the TCP sockets of one address family, as the kernel reads it: two structures in a row.
struct SocketDiagnosisRequest {
    private var header: nlmsghdr
    private var body: inet_diag_req_v2

    /// All states in which a process can hold a listed socket.
    ///
    /// TIME_WAIT and NEW_SYN_RECV have no descriptor.
    private static let states: [TCPState] = [
        .established, .synSent, .synReceived, .finWait1, .finWait2, .close, .closeWait, .lastAcknowledgement, .listen,
        .closing,
    ]
    private static let stateBits: UInt32 = states.reduce(0) { $0 | 1 << UInt32($1.rawValue) }

    /// Requests no extension: the answer has what every socket has.
    init(family: Int32, sequence: UInt32) {
        header = nlmsghdr()
        header.nlmsg_len = UInt32(MemoryLayout<Self>.size)
        header.nlmsg_type = UInt16(SOCK_DIAG_BY_FAMILY)
        header.nlmsg_flags = UInt16(NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH)
        header.nlmsg_seq = sequence
        body = inet_diag_req_v2()
        body.sdiag_family = UInt8(family)
        body.sdiag_protocol = UInt8(IPPROTO_TCP)
        body.idiag_states = Self.stateBits
    }
}
