import Glibc
import SystemCalls

/// The lines of standard input, read on threads that may block, and only as fast as they are asked for.
final class StandardInput {
    private var pending: [UInt8] = []
    private var isAtEnd = false

    /// The longest line that is taken, in bytes; a longer one is an error, not a reason to use all memory.
    static let maximumLineBytes = 16 << 20

    static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 }

    struct LineTooLong: Error, CustomStringConvertible {
        var description: String {
            "a line of the input is longer than \(StandardInput.maximumLineBytes) bytes: send a file with /binary instead"
        }
    }

    /// The next line without its end; nil at the end of input.
    func nextLine() async throws -> String? {
        var searched = 0
        while true {
            if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = pending[..<end]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                defer { pending.removeSubrange(...end) }
                return String(decoding: line, as: UTF8.self)
            }
            if isAtEnd {
                defer { pending = [] }
                return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
            }
            searched = pending.count
            guard searched <= Self.maximumLineBytes else { throw LineTooLong() }
            let chunk = try await Self.chunk()
            if chunk.isEmpty { isAtEnd = true }
            pending += chunk
        }
    }

    private static func chunk() async throws -> [UInt8] {
        try await withUnsafeThrowingContinuation { continuation in
            do {
                try Thread.detach(name: "input") { continuation.resume(returning: readChunk()) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private static func readChunk() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : []
        }
    }
}
