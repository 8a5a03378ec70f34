import Glibc
import SystemCalls

/// An open directory whose entries are read in order, without a string for each.
struct DirectoryStream: ~Copyable {
    private let stream: OpaquePointer
    private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name)!

    init(opening path: String, in directory: Int32) throws(SystemCallError) {
        let descriptor = try OwnedDescriptor(opening: path, in: directory, flags: O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(descriptor.rawValue) else { throw SystemCallError(.fdopendir) }
        _ = descriptor.release()
        self.stream = stream
    }

    var descriptor: Int32 { dirfd(stream) }

    /// Calls `body` with each entry whose name is a number, and with that name as a C string, until it returns false.
    func forEachNumber(
        _ body: (Int32, UnsafePointer<CChar>) throws(SystemCallError) -> Bool
    ) throws(SystemCallError) {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemCallError(.readdir) }
                return
            }
            let name = (UnsafeRawPointer(entry) + Self.nameOffset).assumingMemoryBound(to: CChar.self)
            guard let number = Self.number(name) else { continue }
            if try !body(number, name) { return }
        }
    }

    private static func number(_ name: UnsafePointer<CChar>) -> Int32? {
        var value: Int32 = 0
        var index = 0
        while name[index] != 0 {
            let digit = UInt8(bitPattern: name[index]) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int32(digit))
            if overflow || carry { return nil }
            value = sum
            index += 1
        }
        return index == 0 ? nil : value
    }

    deinit { closedir(stream) }
}
