import Glibc

extension ProcessReader {
    /// The rows of a table that carry an inode, in the process's network namespace.
    ///
    /// No process holds the others: TIME_WAIT, or not yet accepted. Uses netlink if the process is in our namespace,
    /// because that skips TIME_WAIT, of which a busy machine has tens of thousands. If it is not, or the kernel
    /// refuses, reads the text, which has the same rows.
    func heldTCPRows(
        of table: TCPTable,
        diagnose: (TCPTable) throws(SocketDiagnosisFailure) -> [TCPRow] = SocketDiagnosis.heldRows
    ) throws(ProcessReadFailure) -> [TCPRow] {
        if isInOwnNetwork, let rows = try? diagnose(table) { return rows }
        return try listedTCPRows(of: table)
    }

    /// The same rows from `/proc/PID/net`.
    func listedTCPRows(of table: TCPTable) throws(ProcessReadFailure) -> [TCPRow] {
        var rows: [TCPRow] = []
        _ = try forEachLineIfPresent(of: table.file) { line in
            if let row = TCPRow(line: line), row.inode != 0 { rows.append(row) }
        }
        return rows
    }

    /// Whether the process is in the network namespace of the calling thread, so that its ports can be reached from here; false
    /// if unknown.
    public var isInOwnNetwork: Bool {
        guard let own = Self.ownNetwork, let other = try? target(of: "ns/net") else { return false }
        return own == other
    }

    /// A thread may have left the namespace of its process, and a socket belongs to that of the thread.
    private static var ownNetwork: String? {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer -> String? in
            let length = buffer.withMemoryRebound(to: CChar.self) { bytes in
                readlink("/proc/thread-self/ns/net", bytes.baseAddress!, bytes.count)
            }
            return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : nil
        }
    }
}
