/// The state of a TCP socket, by the kernel's number and name; unknown numbers survive.
public struct TCPState: RawRepresentable, Sendable, Hashable {
    /// The kernel's number, 1 to 12, or 0 for `unlisted`.
    public var rawValue: UInt8

    /// Keeps any number.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Not the kernel's: a socket that is held but not listed in any table, because its connection was reset or closed
    /// underneath, or because it was never connected.
    public static let unlisted = TCPState(rawValue: 0)
    /// Open in both directions.
    public static let established = TCPState(rawValue: 1)
    /// Connecting.
    public static let synSent = TCPState(rawValue: 2)
    /// Answered a connection request.
    public static let synReceived = TCPState(rawValue: 3)
    /// Closed by us, not yet acknowledged.
    public static let finWait1 = TCPState(rawValue: 4)
    /// Closed by us, waiting for the peer to close.
    public static let finWait2 = TCPState(rawValue: 5)
    /// Closed on both sides, kept for late segments.
    public static let timeWait = TCPState(rawValue: 6)
    /// Not connected.
    public static let close = TCPState(rawValue: 7)
    /// Closed by the peer, not by us: the mark of a server that forgets to close.
    public static let closeWait = TCPState(rawValue: 8)
    /// Closed by the peer, then by us, not yet acknowledged.
    public static let lastAcknowledgement = TCPState(rawValue: 9)
    /// Waiting for connections.
    public static let listen = TCPState(rawValue: 10)
    /// Closed by both at once, not yet acknowledged.
    public static let closing = TCPState(rawValue: 11)
    /// A connection request that has no socket yet.
    public static let newSynReceived = TCPState(rawValue: 12)

    private static let names = [
        "UNLISTED", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSE",
        "CLOSE_WAIT",
        "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
    ]
    private static let unknownPrefix = "STATE_"

    /// The kernel's name, or `STATE_` and the number.
    public var name: String {
        Int(rawValue) < Self.names.count ? Self.names[Int(rawValue)] : "\(Self.unknownPrefix)\(rawValue)"
    }

    /// What earlier versions called `unlisted`.
    private static let formerUnlisted = "NO_ROW"

    /// Finds the state with this name.
    public init?(name: String) {
        if name == Self.formerUnlisted {
            self = .unlisted
        } else if let index = Self.names.firstIndex(of: name) {
            self.init(rawValue: UInt8(index))
        } else if name.hasPrefix(Self.unknownPrefix), let number = UInt8(name.dropFirst(Self.unknownPrefix.count)) {
            self.init(rawValue: number)
        } else {
            return nil
        }
    }
}

extension TCPState: CustomStringConvertible {
    /// The name.
    public var description: String { name }
}

extension TCPState: Codable, CodingKeyRepresentable {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// The name.
    public var codingKey: any CodingKey { Name(stringValue: name) }

    /// Finds the state that the key names.
    public init?(codingKey: some CodingKey) { self.init(name: codingKey.stringValue) }

    /// Reads a name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let state = TCPState(name: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no TCP state \(name)")
        }
        self = state
    }

    /// Writes the name.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
