import ArgumentParser
import WebSocketProtocol

/// What the ends may do of permessage-deflate, on the command line.
enum CompressionMode: String, ExpressibleByArgument, CaseIterable {
    /// Not at all.
    case off
    /// Without context takeover: no memory per idle connection.
    case on
    /// Both ends keep their context: smaller messages, up to 300 KB per connection.
    case takeover
    /// The server's compressor alone keeps its context.
    case serverTakeover = "server-takeover"
    /// The client's compressor alone keeps its context.
    case clientTakeover = "client-takeover"
}

/// How `serve` and `connect` compress.
struct CompressionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Compression level, 1 (fast) to 9 (small).", valueName: "level"))
    var compressionLevel = DeflateOptions().level
    @Option(
        help: ArgumentHelp(
            "Largest window of either end's compressor, 8 to 15 bits: 256 bytes to 32 KiB.", valueName: "bits"))
    var compressionWindow = DeflateOptions().localWindowBits
    @Option(help: ArgumentHelp("Messages below this many bytes are sent uncompressed.", valueName: "bytes"))
    var compressFrom = DeflateOptions().minimumBytes

    func validate() throws {
        for (name, value, range) in [
            ("--compression-level", compressionLevel, 1...9), ("--compression-window", compressionWindow, 8...15),
            ("--compress-from", compressFrom, 0...(1 << 30)),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
        }
    }

    /// The options of the end that plays `role`; nil for none.
    func options(_ mode: CompressionMode, role: Role) -> DeflateOptions? {
        guard mode != .off else { return nil }
        var options = DeflateOptions()
        let server = mode == .takeover || mode == .serverTakeover
        let client = mode == .takeover || mode == .clientTakeover
        options.localContextTakeover = role == .server ? server : client
        options.remoteContextTakeover = role == .server ? client : server
        options.level = compressionLevel
        options.localWindowBits = compressionWindow
        options.remoteWindowBits = compressionWindow
        options.minimumBytes = compressFrom
        return options
    }
}
