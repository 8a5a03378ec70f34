import Glibc
import Testing

/// Our own descriptors, seen without the code under test.
enum OwnDescriptors {
    /// How many point to `folder` or into it, which other tests in this process do not touch.
    static func count(under folder: String) throws -> Int {
        let stream = try #require(opendir("/proc/self/fd"))
        defer { closedir(stream) }
        var count = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 512)
            let length = buffer.withUnsafeMutableBytes {
                readlink("/proc/self/fd/\(name)", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
            guard length > 0 else { continue }
            let link = String(decoding: buffer[..<length], as: UTF8.self)
            if link == folder || link.hasPrefix(folder + "/") { count += 1 }
        }
        return count
    }
}
