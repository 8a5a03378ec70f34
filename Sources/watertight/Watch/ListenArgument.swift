import ArgumentParser

/// Where to listen, on the command line: `9464`, `0.0.0.0:9464`, `[::1]:9464`.
struct ListenArgument: ExpressibleByArgument, Hashable {
    var host = "127.0.0.1"
    var port: UInt16

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":") else {
            guard let port = UInt16(argument) else { return nil }
            self.port = port
            return
        }
        guard let port = UInt16(argument[argument.index(after: colon)...]) else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.host = String(host)
        self.port = port
    }
}
