import Glibc

/// A file read whole.
package enum FileContents {
    /// Why a file could not be read.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What was being done, as `cannot open`; empty where the file is too large.
        var attempt: String
        /// The name under which it was opened.
        var name: String
        /// What stood in the way.
        package var problem: String

        /// Whether the file could be read, and has more than it may.
        package var isTooLarge: Bool { attempt.isEmpty }

        /// All of it.
        package var description: String { attempt.isEmpty ? "\(name) \(problem)" : "\(attempt) \(name): \(problem)" }
    }

    /// The bytes of the file `name`, or of what else can be read under that name, at most `limit`: also of one that never
    /// ends.
    package static func bytes(of name: String, atMost limit: Int) throws(Failure) -> [UInt8] {
        let number = open(name, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw Failure(attempt: "cannot open", name: name, problem: errorText) }
        let file = OwnedDescriptor(owning: number)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(file.rawValue, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Failure(attempt: "cannot read", name: name, problem: errorText) }
            if count == 0 { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else {
                throw Failure(
                    attempt: "", name: name, problem: "is larger than \(limit) bytes, the limit of such a file")
            }
        }
    }

    private static var errorText: String { String(cString: strerror(errno)) }
}
