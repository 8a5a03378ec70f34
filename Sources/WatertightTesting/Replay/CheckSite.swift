import SystemCalls
import Testing

/// Which check of its test a check is, so that another process that runs the test again finds the same one.
struct CheckSite: Hashable {
    /// The same in every process, with neither a tab nor a line's end.
    let key: String

    /// How often each check was begun.
    private static let begun = Locked([String: Int]())

    /// The check at `location` that begins now, in the test and the case of a test that run.
    static func begin(at location: SourceLocation) -> CheckSite {
        let arguments = Test.Case.current.map { "\($0)" } ?? ""
        let place = "\(location.fileID):\(location.line):\(location.column) \(digest(arguments.withoutAddresses))"
        let test = Test.current.map { "\($0.id)" } ?? ""
        let count = begun.withLock { begun in
            begun["\(test) \(place)", default: 0] += 1
            return begun["\(test) \(place)"] ?? 0
        }
        return CheckSite(key: "\(place) \(count)")
    }

    /// FNV-1a with 64 bits: `Hasher` gives every process other numbers.
    static func digest(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension String {
    /// Without what Swift writes for types that are private, `(unknown context at $7f12)`: it differs between processes.
    var withoutAddresses: String { replacing(#/\$[0-9a-f]+/#, with: "") }
}
