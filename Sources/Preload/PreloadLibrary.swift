import Glibc
package import SystemCalls

/// The library that a native program is started with, so that a `PreloadReader` can read it: the dynamic loader is told of it by
/// LD_PRELOAD.
///
/// It is a file in memory that this process holds open and that nothing else names, so that it ends with this process, however
/// that ends.
package struct PreloadLibrary: Sendable {
    /// A part of the name that the kernel shows where it is mapped.
    package let name: String
    /// How the loader finds it.
    private let path: String

    /// The variable that names it.
    package static let variable = "LD_PRELOAD"
    /// The variable that has it trace; any value does.
    private static let tracingVariable = "WATERTIGHT_TRACE"

    /// The library of this process, or why there is none.
    package static let own: Result<PreloadLibrary, Failure> = Result { () throws(Failure) in
        do throws(SystemCallError) {
            return try PreloadLibrary()
        } catch {
            throw Failure(cause: error)
        }
    }

    /// Why there is no library.
    package struct Failure: Error, CustomStringConvertible {
        /// What the system did not do.
        package var cause: SystemCallError

        /// The reason, in words.
        package var description: String { "the library for native programs cannot be made: \(cause)" }
    }

    private init() throws(SystemCallError) {
        var generator = SystemRandomNumberGenerator()
        name = "watertight-heap-" + String(generator.next(), radix: 36)
        let file = try OwnedDescriptor(inMemory: name)
        try file.write(Self.bytes(ofDigits: PreloadImage.digits))
        // For as long as this process lives.
        path = "/proc/\(getpid())/fd/\(file.release())"
    }

    /// What a command is started with that is to keep, beside its counts, the stacks that allocate and open.
    package var tracing: [String: String] { environment.merging([Self.tracingVariable: "1"]) { $1 } }

    /// The variable that a command is started with: this library first, and then whatever the user has there.
    package var environment: [String: String] {
        [Self.variable: Self.value(path, before: getenv(Self.variable).map { String(cString: $0) })]
    }

    /// The names of `library` and of what a user has chosen.
    static func value(_ library: String, before others: String?) -> String {
        guard let others, !others.isEmpty else { return library }
        return "\(library):\(others)"
    }

    /// The bytes that pairs of hexadecimal digits stand for.
    static func bytes(ofDigits digits: StaticString) -> [UInt8] {
        digits.withUTF8Buffer { digits in
            func value(_ digit: UInt8) -> UInt8 {
                digit < UInt8(ascii: "a") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
            }
            return (0..<digits.count / 2).map { value(digits[2 * $0]) << 4 | value(digits[2 * $0 + 1]) }
        }
    }
}
