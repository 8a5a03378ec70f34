import Glibc

extension ProcessReader {
    /// The processes of this machine that hold a socket listening on the local `port`, by number.
    ///
    /// Only root sees those of other users; skips processes that end meanwhile. Visits every process, so do not call it
    /// in a loop.
    public static func listening(port: UInt16) -> [Int32] {
        guard let own = try? ProcessReader(pid: getpid()), let queues = try? own.listeners(port: port), !queues.isEmpty
        else { return [] }
        let inodes = Set(queues.map(\.inode))
        var pids: [Int32] = []
        try? DirectoryStream(opening: "/proc", in: AT_FDCWD).forEachNumber { (pid, _) in
            pids.append(pid)
            return true
        }
        return pids.filter { pid in
            guard let reader = try? ProcessReader(pid: pid) else { return false }
            return (try? reader.holdsSocket(among: inodes)) ?? false
        }.sorted()
    }
}
