/// What a descriptor stands for; unknown kinds keep the kernel's name.
public struct DescriptorKind: RawRepresentable, Sendable, Hashable, Codable, CodingKeyRepresentable {
    /// The kind's name, as in reports.
    public var rawValue: String

    /// Keeps any name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A socket of any family.
    public static let socket = DescriptorKind(rawValue: "socket")
    /// One end of a pipe.
    public static let pipe = DescriptorKind(rawValue: "pipe")
    /// A file or directory with a path, removed or not.
    public static let file = DescriptorKind(rawValue: "file")
    /// Something under `/dev`, except shared memory: a terminal, `/dev/null`.
    public static let device = DescriptorKind(rawValue: "device")
    /// A file that exists only in memory.
    public static let memfd = DescriptorKind(rawValue: "memfd")
    /// A counter to wait on.
    public static let eventfd = DescriptorKind(rawValue: "eventfd")
    /// An epoll instance.
    public static let epoll = DescriptorKind(rawValue: "epoll")
    /// A timer to wait on.
    public static let timerfd = DescriptorKind(rawValue: "timerfd")
    /// Signals to wait on.
    public static let signalfd = DescriptorKind(rawValue: "signalfd")
    /// A watch on files.
    public static let inotify = DescriptorKind(rawValue: "inotify")
    /// A handle on a process.
    public static let pidfd = DescriptorKind(rawValue: "pidfd")
    /// An io_uring instance.
    public static let ioUring = DescriptorKind(rawValue: "io_uring")
    /// A link that fits no form known here.
    public static let other = DescriptorKind(rawValue: "other")

    /// Finds the kind from where `/proc/PID/fd/N` points; the first 64 bytes of the link are enough.
    package init(link: Span<UInt8>) {
        var scanner = ByteScanner(link)
        if scanner.take("socket:[") {
            self = .socket
        } else if scanner.take("pipe:[") {
            self = .pipe
        } else if scanner.take("/memfd:") {
            self = .memfd
        } else if scanner.take("/dev/") {
            self = scanner.take("shm/") ? .file : .device
        } else if scanner.next == UInt8(ascii: "/") {
            self = .file
        } else if scanner.take("anon_inode:") {
            self = Self.anonymous(scanner.rest())
        } else if let name = Self.prefix(scanner.rest()) {
            // A namespace or a process: `net:[4026531840]`, `pidfd:[123]`.
            self.init(rawValue: name)
        } else {
            self = .other
        }
    }

    private static func anonymous(_ name: String) -> DescriptorKind {
        var name = name[...]
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        return switch name {
        case "": .other
        case "eventpoll": .epoll
        default: DescriptorKind(rawValue: String(name))
        }
    }

    private static func prefix(_ text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), colon > text.startIndex else { return nil }
        return String(text[..<colon])
    }
}

extension DescriptorKind: CustomStringConvertible {
    /// The name.
    public var description: String { rawValue }
}
