import ProcessResources

// The parsers take spans, which the testing macros cannot hold: these take text.

extension MemoryUsage {
    init(recorded text: String) throws(ParseFailure) {
        let bytes = Array(text.utf8)
        self = try MemoryUsage(smaps: bytes.span)
    }

    static func highWaterMarkBytes(recorded text: String) -> Int? {
        let bytes = Array(text.utf8)
        return highWaterMarkBytes(status: bytes.span)
    }
}

extension ProcessStat {
    init(recorded bytes: some Sequence<UInt8>) throws(ParseFailure) {
        let bytes = Array(bytes)
        self = try ProcessStat(stat: bytes.span)
    }
}

extension TCPRow {
    init?(recorded bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let row = TCPRow(line: bytes.span) else { return nil }
        self = row
    }
}

extension DescriptorKind {
    init(recorded text: String) {
        let bytes = Array(text.utf8)
        self = DescriptorKind(link: bytes.span)
    }
}

extension OpenFileLimit {
    init(recorded text: String) throws(ParseFailure) {
        let bytes = Array(text.utf8)
        self = try OpenFileLimit(limits: bytes.span)
    }
}
