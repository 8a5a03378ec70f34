import Glibc

/// The kernel's two tables of TCP sockets, one for each version of IP.
enum TCPTable: CaseIterable {
    case version4
    case version6

    /// The file of every process with the table as text.
    var file: String {
        switch self {
        case .version4: "net/tcp"
        case .version6: "net/tcp6"
        }
    }

    /// The address family of the table's sockets.
    var family: Int32 {
        switch self {
        case .version4: AF_INET
        case .version6: AF_INET6
        }
    }
}
