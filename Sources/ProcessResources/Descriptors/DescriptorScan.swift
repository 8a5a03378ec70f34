import Glibc
import SystemCalls

/// One pass over `/proc/PID/fd`: kinds counted, sockets listed for the join with the kernel's tables.
struct DescriptorScan {
    struct HeldSocket: Hashable {
        var descriptor: Int32
        var inode: UInt64
    }

    private(set) var sockets: [HeldSocket] = []
    private var others: [DescriptorKind: Int] = [:]
    private var pipes = 0
    private var files = 0

    /// A socket's link is 29 bytes at most, and a kind shows in the first 64 of any other.
    private static let linkLength = 64

    /// Reads every link of `directory`; skips a descriptor closed in the meantime.
    ///
    /// - Parameter isOwn: whether the process is this one, in which the scan's own descriptor does not count.
    init(_ directory: borrowing DirectoryStream, isOwn: Bool) throws(SystemCallError) {
        let own = isOwn ? directory.descriptor : -1
        let stream = directory.descriptor
        try directory.forEachNumber { (number, name) throws(SystemCallError) in
            guard number != own else { return true }
            try Self.withLink(name, in: stream) { link in add(number, link) }
            return true
        }
    }

    var counts: DescriptorCounts {
        var byKind = others
        if !sockets.isEmpty { byKind[.socket] = sockets.count }
        if pipes > 0 { byKind[.pipe] = pipes }
        if files > 0 { byKind[.file] = files }
        return DescriptorCounts(byKind: byKind)
    }

    /// Drops sockets that were closed during the scan.
    mutating func remove(_ closed: Set<HeldSocket>) {
        if !closed.isEmpty { sockets.removeAll { closed.contains($0) } }
    }

    private mutating func add(_ number: Int32, _ link: Span<UInt8>) {
        if let inode = Self.socketInode(link) {
            sockets.append(HeldSocket(descriptor: number, inode: inode))
            return
        }
        switch DescriptorKind(link: link) {
        case .pipe: pipes += 1
        case .file: files += 1
        case let kind: others[kind, default: 0] += 1
        }
    }

    static func socketInode(_ link: Span<UInt8>) -> UInt64? {
        var scanner = ByteScanner(link)
        guard scanner.take("socket:["), let inode = scanner.decimal(), scanner.take(UInt8(ascii: "]")) else {
            return nil
        }
        return inode
    }

    /// Calls `body` with the start of a link, or not at all if it is gone.
    static func withLink(
        _ name: UnsafePointer<CChar>, in directory: Int32, _ body: (Span<UInt8>) -> Void
    ) throws(SystemCallError) {
        let number = withUnsafeTemporaryAllocation(of: CChar.self, capacity: linkLength) { buffer -> Int32 in
            let length = readlinkat(directory, name, buffer.baseAddress!, linkLength)
            guard length >= 0 else { return errno }
            buffer.withMemoryRebound(to: UInt8.self) { bytes in
                body(UnsafeBufferPointer(rebasing: bytes[..<length]).span)
            }
            return 0
        }
        if number != 0, number != ENOENT { throw SystemCallError(.readlinkat, errno: number) }
    }
}
