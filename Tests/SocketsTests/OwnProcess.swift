import Glibc
import Testing

/// What this process holds, read from /proc without the code under test.
enum OwnProcess {
    /// The open descriptors, without the one that reads them and those that Swift's runtime opens when it sees fit.
    static func descriptors() throws -> Set<Int32> {
        let stream = try #require(opendir("/proc/self/fd"))
        defer { closedir(stream) }
        let open = names(stream).compactMap { Int32($0) }.filter { link(of: $0) != "anon_inode:[timerfd]" }
        return Set(open).subtracting([dirfd(stream)])
    }

    private static func link(of number: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/fd/\(number)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// The open sockets.
    static func sockets() throws -> Set<Int32> {
        try descriptors().filter { link(of: $0).hasPrefix("socket:") }
    }

    /// The names of the threads.
    static func threads() throws -> [String] {
        let stream = try #require(opendir("/proc/self/task"))
        defer { closedir(stream) }
        return names(stream).filter { Int32($0) != nil }.compactMap { text(of: "/proc/self/task/\($0)/comm") }
    }

    /// Processor time of the thread called `name`, in clock ticks.
    static func processorTicks(ofThread name: String) throws -> Int {
        let stream = try #require(opendir("/proc/self/task"))
        defer { closedir(stream) }
        let task = try #require(names(stream).first { text(of: "/proc/self/task/\($0)/comm") == name })
        let stat = try #require(text(of: "/proc/self/task/\(task)/stat"))
        let fields = stat.split(separator: ")").last!.split(separator: " ")
        return Int(fields[11])! + Int(fields[12])!
    }

    private static func names(_ stream: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    private static func text(of path: String) -> String? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = read(number, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
