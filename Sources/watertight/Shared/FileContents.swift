import Glibc
import SystemCalls

/// A file read whole.
enum FileContents {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The bytes of the file `name`, or of what else can be read under that name, at most `limit`.
    static func bytes(of name: String, atMost limit: Int) throws(Failure) -> [UInt8] {
        let number = open(name, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else {
            throw Failure(description: "cannot open \(name): \(String(cString: strerror(errno)))")
        }
        let file = OwnedDescriptor(owning: number)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file.rawValue, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(description: "cannot read \(name): \(String(cString: strerror(errno)))")
            }
            if count == 0 { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else {
                throw Failure(description: "\(name) is larger than \(limit) bytes, the limit of such a file")
            }
        }
    }
}
