/// The sockets of one network namespace by inode, as far as the kernel lists them.
struct SocketTables {
    private var tcp: [UInt64: TCPState] = [:]
    private var hasVersion6 = false
    /// Inodes of UNIX, UDP and other sockets.
    private var others: Set<UInt64>?

    /// Reads the table of TCP over IPv4 as the process sees it. The other tables are read only when a socket is not
    /// found, because the kernel walks all buckets of each table, full or empty.
    init(of reader: ProcessReader) throws(ProcessReadFailure) {
        try readTCP(.version4, of: reader)
    }

    /// A socket's TCP state, `unlisted` when no table lists it, nil when it is not TCP.
    mutating func state(of inode: UInt64, for reader: ProcessReader) throws(ProcessReadFailure) -> TCPState? {
        if let state = tcp[inode] { return state }
        if !hasVersion6 {
            try readTCP(.version6, of: reader)
            hasVersion6 = true
            if let state = tcp[inode] { return state }
        }
        if let others { return others.contains(inode) ? nil : .unlisted }
        let read = try Self.others(of: reader)
        others = read
        return read.contains(inode) ? nil : .unlisted
    }

    private mutating func readTCP(_ table: TCPTable, of reader: ProcessReader) throws(ProcessReadFailure) {
        for row in try reader.heldTCPRows(of: table) { tcp[row.inode] = row.state }
    }

    /// The field of each table, counted from 0, that is the inode (proc_pid_net(5)).
    private static let inodeFields = [
        ("net/unix", 6), ("net/udp", 9), ("net/udp6", 9), ("net/netlink", 9), ("net/packet", 8), ("net/raw", 9),
        ("net/raw6", 9), ("net/icmp", 9), ("net/icmp6", 9), ("net/udplite", 9), ("net/udplite6", 9),
    ]

    private static func others(of reader: ProcessReader) throws(ProcessReadFailure) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for (table, field) in inodeFields {
            _ = try reader.forEachLineIfPresent(of: table) { line in
                if let inode = inode(field: field, of: line), inode != 0 { inodes.insert(inode) }
            }
        }
        return inodes
    }

    /// The inode of a row; nil for a heading.
    static func inode(field: Int, of line: Span<UInt8>) -> UInt64? {
        var scanner = ByteScanner(line)
        scanner.skipFields(field)
        return scanner.decimal()
    }
}

/// Tables already read, shared by the processes of one network namespace during one sample.
struct SocketTableCache {
    private var byNamespace: [String: SocketTables] = [:]

    /// The namespace's tables, read on first use or if `fresh`.
    mutating func withTables<Result>(
        of reader: ProcessReader, fresh: Bool,
        _ body: (inout SocketTables) throws(ProcessReadFailure) -> Result
    ) throws(ProcessReadFailure) -> Result {
        let namespace = try reader.target(of: "ns/net")
        var tables: SocketTables
        if !fresh, let known = byNamespace.removeValue(forKey: namespace) {
            tables = known
        } else {
            tables = try SocketTables(of: reader)
        }
        defer { byNamespace[namespace] = tables }
        return try body(&tables)
    }
}
