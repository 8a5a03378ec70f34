import Causes
import Glibc
import ProcessResources

/// What a heap dump needs.
struct DumpCost {
    /// The live bytes of the heap.
    var heapBytes: Int

    /// As measured: 256 MiB of live objects made a dump of 389 MB.
    private static let diskFactor = 2
    /// As measured, of this process.
    private static let memoryFactor = 4
    /// Above it the process would stand still, and be read, for longer than anybody waits.
    private static let mostHeapBytes = 4 << 30

    /// How much room the file takes.
    var fileBytes: Int { heapBytes * Self.diskFactor }

    /// Refuses what takes too long, or for which there is no memory here, of which `free` bytes are left.
    func check(free: Int?, pid: Int32) throws(Explanation.Failure) {
        guard heapBytes <= Self.mostHeapBytes else {
            throw Explanation.Failure(
                "a dump of the heap of process \(pid), of \(heapBytes >> 20) MiB, takes too long",
                remedy: "let the server start with a smaller heap")
        }
        let needed = heapBytes * Self.memoryFactor
        guard let free, needed > free else { return }
        throw Explanation.Failure(
            "reading a dump of the heap of process \(pid), of \(heapBytes >> 20) MiB, may need \(needed >> 20) MiB, and there "
                + "are only \(free >> 20) MiB free",
            remedy: "let the server start with a smaller heap, or run Watertight where there is more memory")
    }
}

/// A folder of the target's, into which a dump may be written.
struct DumpFolder: Hashable {
    /// Its path, as the target sees it.
    var path: String
    /// Whether the target's user may write there.
    var isWritable: Bool
    var freeBytes: Int

    private static let paths = ["/tmp", "/var/tmp"]

    /// The first of `folders` that has room for a file of `bytes`.
    static func choose(from folders: [DumpFolder], bytes: Int) throws(Explanation.Failure) -> DumpFolder {
        let writable = folders.filter(\.isWritable)
        if let folder = writable.first(where: { $0.freeBytes >= bytes }) { return folder }
        let names = paths.joined(separator: " nor ")
        guard let most = writable.map(\.freeBytes).max() else {
            throw Explanation.Failure(
                "the server may write a dump of its heap neither to \(names)",
                remedy: "give its container a /tmp that it may write to")
        }
        throw Explanation.Failure(
            "a dump of the heap takes \(bytes >> 20) MiB, and neither \(names) has more than \(most >> 20) MiB free",
            remedy: "make room there, or let the server start with a smaller heap")
    }

    /// The folders of a process.
    static func all(of process: ProcessReader) -> [DumpFolder] {
        paths.compactMap { DumpFolder($0, of: process) }
    }

    /// The folder at `path` of a process; nil where there is none.
    private init?(_ path: String, of process: ProcessReader) {
        let place = "/proc/\(process.pid)/root" + path
        var (entry, room) = (stat(), statvfs())
        guard stat(place, &entry) == 0, statvfs(place, &room) == 0, entry.st_mode & S_IFMT == S_IFDIR else {
            return nil
        }
        let user = try? process.user()
        let mayWrite = user == 0 || entry.st_mode & S_IWOTH != 0 || user == entry.st_uid && entry.st_mode & S_IWUSR != 0
        self.path = path
        isWritable = mayWrite && room.f_flag & UInt(ST_RDONLY) == 0
        freeBytes = Int(clamping: room.f_bavail) * Int(clamping: room.f_frsize)
    }

    /// A folder with these properties.
    init(path: String, isWritable: Bool, freeBytes: Int) {
        self.path = path
        self.isWritable = isWritable
        self.freeBytes = freeBytes
    }
}
