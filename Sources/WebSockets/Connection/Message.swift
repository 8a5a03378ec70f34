public import WebSocketProtocol

/// A whole message that its receiver may keep.
public struct Message: @unchecked Sendable, CustomStringConvertible {
    /// Text or binary.
    public let kind: MessageKind
    /// Written once, before the message is delivered.
    private let storage: ManagedBuffer<Int, UInt8>

    /// A copy of `bytes`, which must be valid UTF-8 when `kind` is text.
    public init(_ kind: MessageKind, _ bytes: RawSpan) {
        self.kind = kind
        storage = ManagedBuffer<Int, UInt8>.create(minimumCapacity: bytes.byteCount) { _ in bytes.byteCount }
        storage.withUnsafeMutablePointerToElements { target in
            bytes.withUnsafeBytes { source in
                if let base = source.baseAddress {
                    UnsafeMutableRawPointer(target).copyMemory(from: base, byteCount: source.count)
                }
            }
        }
    }

    /// The number of payload bytes.
    public var count: Int { storage.header }

    /// Calls `body` with the payload.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try storage.withUnsafeMutablePointers { header, elements in
            try body(UnsafeRawBufferPointer(start: elements, count: header.pointee))
        }
    }

    /// The payload as an array.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The payload as text; repairs bytes that are not UTF-8, which only binary messages can have.
    public var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    /// The text, or the number of binary bytes.
    public var description: String {
        kind == .text ? text : "\(count) binary bytes"
    }
}
