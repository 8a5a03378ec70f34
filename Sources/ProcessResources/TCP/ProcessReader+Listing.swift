import Glibc
import SystemCalls

extension ProcessReader {
    /// The identities of the process's descriptors, without the one that reads them; cheap enough to poll.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func descriptorIdentities() throws(ProcessReadFailure) -> [DescriptorIdentity] {
        var identities: [DescriptorIdentity] = []
        try forEachLink { identities.append(DescriptorIdentity(number: $0, link: $1)) }
        if identities.isEmpty { try requireRunning() }
        return identities
    }

    /// The descriptors the process holds, with the peers and states of its TCP sockets, without the one that reads
    /// them.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func openDescriptors() throws(ProcessReadFailure) -> [OpenDescriptor] {
        var descriptors: [OpenDescriptor] = []
        try forEachLink { number, link in
            descriptors.append(
                OpenDescriptor(
                    identity: DescriptorIdentity(number: number, link: link), kind: DescriptorKind(link: link),
                    target: ByteScanner(link).rest(), inode: DescriptorScan.socketInode(link), tcp: nil, tcpState: nil))
        }
        if descriptors.isEmpty { try requireRunning() }
        var rows: [UInt64: TCPRow] = [:]
        for table in TCPTable.allCases {
            for row in try heldTCPRows(of: table) { rows[row.inode] = row }
        }
        var tables = try SocketTables(of: self)
        for index in descriptors.indices {
            guard let inode = descriptors[index].inode else { continue }
            descriptors[index].tcp = rows[inode]
            if let row = rows[inode] {
                descriptors[index].tcpState = row.state
            } else {
                descriptors[index].tcpState = try tables.state(of: inode, for: self)
            }
        }
        return descriptors
    }

    private func forEachLink(_ body: (Int32, Span<UInt8>) -> Void) throws(ProcessReadFailure) {
        try reading("fd") { (directory) throws(SystemCallError) in
            let own = pid == getpid() ? directory.descriptor : -1
            let stream = directory.descriptor
            try directory.forEachNumber { (number, name) throws(SystemCallError) in
                if number != own { try DescriptorScan.withLink(name, in: stream) { body(number, $0) } }
                return true
            }
        }
    }

    /// The numbers of the process's threads; cheap enough to poll.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func threadIDs() throws(ProcessReadFailure) -> [Int32] {
        var ids: [Int32] = []
        try reading("task") { (directory) throws(SystemCallError) in
            try directory.forEachNumber { (number, _) throws(SystemCallError) in
                ids.append(number)
                return true
            }
        }
        if ids.isEmpty { try requireRunning() }
        return ids
    }

    /// The process's threads by name; skips one that ends meanwhile.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func threadList() throws(ProcessReadFailure) -> [ProcessThread] {
        var threads: [ProcessThread] = []
        for id in try threadIDs() {
            do throws(ProcessReadFailure) {
                let name = try contents(of: "task/\(id)/comm", limit: 64)
                threads.append(ProcessThread(id: id, name: String(decoding: name.prefix { $0 != 10 }, as: UTF8.self)))
            } catch {
                try requireRunning()
            }
        }
        return threads
    }
}
