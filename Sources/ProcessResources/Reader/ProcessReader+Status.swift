extension ProcessReader {
    /// The effective user of the process.
    ///
    /// - Throws: `exited`, `malformed` or `unreadable`.
    public func user() throws(ProcessReadFailure) -> UInt32 {
        let text = try contents(of: "status")
        return try parsing("status") { () throws(ParseFailure) in try ProcessStatus(status: text.span).user }
    }

    /// The kernel's name of the process: that of its program, cut to 15 bytes, or one that it chose.
    ///
    /// - Throws: `exited` or `unreadable`.
    public func name() throws(ProcessReadFailure) -> String {
        var text = try contents(of: "comm", limit: 64)
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the process has a handler of its own for `signal`, instead of the system's default.
    ///
    /// - Throws: `exited`, `malformed` or `unreadable`.
    public func catches(signal: Int32) throws(ProcessReadFailure) -> Bool {
        let text = try contents(of: "status")
        let status = try parsing("status") { () throws(ParseFailure) in try ProcessStatus(status: text.span) }
        return (1...64).contains(signal) && status.caughtSignals >> UInt64(signal - 1) & 1 == 1
    }

    /// The sockets that the process itself listens on, over TCP.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func heldListeners() throws(ProcessReadFailure) -> [ListenerQueue] {
        var held: [ListenerQueue] = []
        for listener in try listeners() where try holdsSocket(among: [listener.inode]) { held.append(listener) }
        return held
    }
}

/// The needed fields of `/proc/PID/status`.
struct ProcessStatus {
    var user: UInt32
    /// The signals with a handler, the first in the lowest bit.
    var caughtSignals: UInt64

    init(status text: Span<UInt8>) throws(ParseFailure) {
        var user: UInt32?
        var caught: UInt64?
        forEachLine(in: text) { line in
            var scanner = ByteScanner(line)
            if scanner.take("Uid:") {
                scanner.skipFields(1)
                user = scanner.decimal().flatMap { UInt32(exactly: $0) }
            } else if scanner.take("SigCgt:") {
                scanner.skipSpaces()
                caught = scanner.hexadecimal(digits: 16)
            }
        }
        guard let user else { throw ParseFailure("no effective user") }
        guard let caught else { throw ParseFailure("no mask of caught signals") }
        self.user = user
        caughtSignals = caught
    }
}
