import Glibc
import SystemCalls

/// The library that a native program is started with, so that a `NativeProbe` can read it: the dynamic loader is told of it by
/// LD_PRELOAD.
///
/// It is a file in memory that this process holds open and that nothing else names, so that it ends with this process, however
/// that ends.
struct PreloadLibrary: Sendable {
    /// A part of the name that the kernel shows where it is mapped.
    let name: String
    /// How the loader finds it.
    private let path: String

    /// The variable that names it.
    static let variable = "LD_PRELOAD"

    /// The library of this process, or why there is none.
    static let own: Result<PreloadLibrary, HeapProbeFailure> = Result { () throws(HeapProbeFailure) in
        do throws(SystemCallError) {
            return try PreloadLibrary()
        } catch {
            throw HeapProbeFailure("the library for native programs cannot be made: \(error)")
        }
    }

    private init() throws(SystemCallError) {
        var generator = SystemRandomNumberGenerator()
        name = "watertight-heap-" + String(generator.next(), radix: 36)
        let file = try OwnedDescriptor(inMemory: name)
        try file.write(Self.bytes(ofDigits: PreloadImage.digits))
        // For as long as this process lives.
        path = "/proc/\(getpid())/fd/\(file.release())"
    }

    /// The variable that a command is started with: this library first, and then whatever the user has there.
    var environment: [String: String] {
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
