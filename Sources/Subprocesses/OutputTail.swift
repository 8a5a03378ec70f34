/// The end of what a process wrote, a few kilobytes of it.
struct OutputTail {
    private var bytes: [UInt8] = []
    private static let maximumBytes = 4096

    mutating func append(_ more: ArraySlice<UInt8>) {
        bytes += more
        if bytes.count > 2 * Self.maximumBytes { bytes.removeFirst(bytes.count - Self.maximumBytes) }
    }

    var text: String { String(decoding: bytes.suffix(Self.maximumBytes), as: UTF8.self) }
}
