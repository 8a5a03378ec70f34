import Glibc
import SystemCalls

extension ProcessReader {
    /// How many descriptors the process holds, the reader's own included when it reads itself.
    ///
    /// Cheap: one call on Linux 6.2 and later, one directory read before.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func descriptorCount() throws(ProcessReadFailure) -> Int {
        var status = Glibc.stat()
        guard fstatat(directory.rawValue, "fd", &status, 0) == 0 else {
            throw failure("fd", SystemCallError(.fstatat))
        }
        if status.st_size > 0 { return Int(status.st_size) }
        return try countDescriptors()
    }

    /// Counts entry by entry, for kernels without a count.
    func countDescriptors() throws(ProcessReadFailure) -> Int {
        var count = 0
        try readingDescriptors { (directory) throws(SystemCallError) in
            let own = isOwn ? directory.descriptor : -1
            try directory.forEachNumber { (number, _) throws(SystemCallError) in
                if number != own { count += 1 }
                return true
            }
        }
        if count == 0 { try requireRunning() }
        return count
    }

    /// How many descriptors of each kind the process holds.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func descriptors() throws(ProcessReadFailure) -> DescriptorCounts { try scan().counts }

    /// Whether the process holds a socket with one of these inodes.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func holdsSocket(among inodes: Set<UInt64>) throws(ProcessReadFailure) -> Bool {
        guard !inodes.isEmpty else { return false }
        var isHeld = false
        try readingDescriptors { (directory) throws(SystemCallError) in
            let stream = directory.descriptor
            try directory.forEachNumber { (_, name) throws(SystemCallError) in
                try DescriptorScan.withLink(name, in: stream) { link in
                    if let inode = DescriptorScan.socketInode(link), inodes.contains(inode) { isHeld = true }
                }
                return !isHeld
            }
        }
        return isHeld
    }

    func scan() throws(ProcessReadFailure) -> DescriptorScan {
        let scan = try readingDescriptors { (directory) throws(SystemCallError) in
            try DescriptorScan(directory, isOwn: isOwn)
        }
        // The directory of an ending process reads as empty.
        if scan.counts.byKind.isEmpty { try requireRunning() }
        return scan
    }

    /// Joins sockets to the kernel's tables.
    ///
    /// The tables and the descriptors cannot be read at one instant. So sockets that no table lists are looked up once
    /// more in fresh tables. After that, those still open and not listed have no row, and those closed in the meantime
    /// are removed from `scan`.
    func tcpStates(
        of scan: inout DescriptorScan, tables: inout SocketTableCache
    ) throws(ProcessReadFailure) -> [TCPState: Int] {
        guard !scan.sockets.isEmpty else { return [:] }
        var counts: [TCPState: Int] = [:]
        let missing = try count(scan.sockets, into: &counts, tables: &tables, fresh: false)
        guard !missing.isEmpty else { return counts }
        let stillMissing = try count(missing, into: &counts, tables: &tables, fresh: true)
        let held = try stillHeld(stillMissing)
        if !held.isEmpty { counts[.unlisted] = held.count }
        scan.remove(Set(stillMissing).subtracting(held))
        return counts
    }

    /// Counts the sockets that have a row and returns those without.
    private func count(
        _ sockets: [DescriptorScan.HeldSocket], into counts: inout [TCPState: Int],
        tables: inout SocketTableCache, fresh: Bool
    ) throws(ProcessReadFailure) -> [DescriptorScan.HeldSocket] {
        try tables.withTables(of: self, fresh: fresh) { (tables) throws(ProcessReadFailure) in
            var missing: [DescriptorScan.HeldSocket] = []
            for socket in sockets {
                switch try tables.state(of: socket.inode, for: self) {
                case .unlisted?: missing.append(socket)
                case let state?: counts[state, default: 0] += 1
                case nil: continue
                }
            }
            return missing
        }
    }

    private func stillHeld(
        _ sockets: [DescriptorScan.HeldSocket]
    ) throws(ProcessReadFailure) -> [DescriptorScan.HeldSocket] {
        guard !sockets.isEmpty else { return [] }
        return try readingDescriptors { (directory) throws(SystemCallError) in
            var held: [DescriptorScan.HeldSocket] = []
            for socket in sockets {
                try DescriptorScan.withLink(String(socket.descriptor), in: directory.descriptor) { link in
                    if DescriptorScan.socketInode(link) == socket.inode { held.append(socket) }
                }
            }
            return held
        }
    }

    private var isOwn: Bool { pid == getpid() }

    private func readingDescriptors<Result>(
        _ body: (borrowing DirectoryStream) throws(SystemCallError) -> Result
    ) throws(ProcessReadFailure) -> Result {
        try reading("fd", body)
    }

    /// Opens a directory of the process for `body`.
    func reading<Result>(
        _ name: String, _ body: (borrowing DirectoryStream) throws(SystemCallError) -> Result
    ) throws(ProcessReadFailure) -> Result {
        do {
            return try body(DirectoryStream(opening: name, in: directory.rawValue))
        } catch {
            throw failure(name, error)
        }
    }
}
