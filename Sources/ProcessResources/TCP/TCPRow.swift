/// One TCP socket as the kernel lists it: `/proc/PID/net/tcp` and `tcp6`, or sock_diag(7).
public struct TCPRow: Sendable, Hashable {
    /// This end.
    public var local: TCPEndpoint
    /// The other end; zero for a listening socket.
    public var remote: TCPEndpoint
    /// The state of the connection.
    public var state: TCPState
    /// The number that joins the row to a descriptor, or 0 if no process holds the socket.
    public var inode: UInt64
    /// Bytes received and not read; for a listening socket, connections not accepted.
    public var receiveQueue: Int
    /// Bytes written and not acknowledged.
    public var transmitQueue: Int

    /// Reads one line, or returns nil for a heading, a line cut short, or anything else.
    package init?(line: Span<UInt8>) {
        var scanner = ByteScanner(line)
        guard scanner.decimal() != nil, scanner.take(UInt8(ascii: ":")),
            let local = Self.endpoint(&scanner), let remote = Self.endpoint(&scanner)
        else { return nil }
        scanner.skipSpaces()
        guard let state = scanner.hexadecimal(digits: 2), scanner.take(UInt8(ascii: " ")),
            let transmit = scanner.hexadecimal(digits: 8), scanner.take(UInt8(ascii: ":")),
            let receive = scanner.hexadecimal(digits: 8), scanner.take(UInt8(ascii: " "))
        else { return nil }
        scanner.skipFields(4)
        // A number that ends the line may have been cut off: every row continues after its inode.
        guard let inode = scanner.decimal(), scanner.take(UInt8(ascii: " ")) else { return nil }
        self.local = local
        self.remote = remote
        self.state = TCPState(rawValue: UInt8(state))
        self.inode = inode
        receiveQueue = Int(receive)
        transmitQueue = Int(transmit)
    }

    /// The kernel prints an address as words of 32 bits, each in the machine's own byte order.
    private static func endpoint(_ scanner: inout ByteScanner) -> TCPEndpoint? {
        scanner.skipSpaces()
        guard let first = word(&scanner) else { return nil }
        let address: TCPEndpoint.Address
        if scanner.next == UInt8(ascii: ":") {
            address = .v4(UInt32(first))
        } else if let second = word(&scanner), let third = word(&scanner), let fourth = word(&scanner) {
            address = .v6(first << 32 | second, third << 32 | fourth)
        } else {
            return nil
        }
        guard scanner.take(UInt8(ascii: ":")), let port = scanner.hexadecimal(digits: 4) else { return nil }
        return TCPEndpoint(address: address, port: UInt16(port))
    }

    private static func word(_ scanner: inout ByteScanner) -> UInt64? {
        scanner.hexadecimal(digits: 8).map { UInt64(UInt32(bigEndian: UInt32($0))) }
    }
}
