/// A descriptor that a process holds: its number, and a hash of what it stands for, which distinguishes it from a later
/// one with the same number.
///
/// What has no number of the kernel's own, such as an eventfd or a reopened file, is distinguished only by its kind or
/// its path; see `isNumbered`.
public struct DescriptorIdentity: Sendable, Hashable {
    /// The descriptor's number.
    public var number: Int32
    /// A hash of where `/proc/PID/fd/N` points.
    public var link: UInt64
    /// Whether the link has the kernel's own number, as for sockets and pipes: another with the same descriptor and
    /// link is the same one.
    public var isNumbered: Bool

    init(number: Int32, link: Span<UInt8>) {
        self.number = number
        // FNV-1a, 64 bits.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in link.indices { hash = (hash ^ UInt64(link[index])) &* 0x100_0000_01B3 }
        self.link = hash
        isNumbered = Self.endsWithNumber(link)
    }

    /// Whether the link is like `socket:[4711]`, which no path is.
    private static func endsWithNumber(_ link: Span<UInt8>) -> Bool {
        guard link.count > 3, link[0] != UInt8(ascii: "/"), link[link.count - 1] == UInt8(ascii: "]") else {
            return false
        }
        var index = link.count - 2
        while index > 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(link[index]) { index -= 1 }
        return index < link.count - 2 && link[index] == UInt8(ascii: "[") && link[index - 1] == UInt8(ascii: ":")
    }
}

/// A descriptor that a process holds, with its details.
public struct OpenDescriptor: Sendable, Hashable {
    /// Which one it is.
    public var identity: DescriptorIdentity
    /// What it stands for.
    public var kind: DescriptorKind
    /// Where `/proc/PID/fd/N` points, at most 64 bytes of it: a path, or the kind with the kernel's number.
    public var target: String
    /// The inode, for a socket.
    public var inode: UInt64?
    /// The row of a TCP socket that has one: its ends and its state.
    public var tcp: TCPRow?
    /// The state of a TCP socket, `TCPState.unlisted` for one that has no row; nil for anything else.
    public var tcpState: TCPState?
}

extension OpenDescriptor: CustomStringConvertible {
    /// The kind, and for TCP both ends and the state; a path for a file.
    public var description: String {
        if let tcp { return "\(kind) \(tcp.local) to \(tcp.remote), \(tcp.state)" }
        if let tcpState { return "\(kind), \(tcpState)" }
        return kind == .file || kind == .device ? "\(kind) \(target)" : "\(kind)"
    }
}
