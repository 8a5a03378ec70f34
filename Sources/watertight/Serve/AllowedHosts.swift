import Glibc

/// Under which names `serve` answers with its status pages.
///
/// A page in a browser may ask for them under a name of its author's that resolves to this machine (DNS rebinding), and
/// would then read them as its own. It cannot choose the Host field, which has that name.
struct AllowedHosts: Sendable {
    private let names: Set<String>
    private let takesAnyAddress: Bool

    /// The names for a server that was told to listen on `host`, and the further ones that its user allows.
    ///
    /// On all addresses it is reached under any of them: an address is nobody's name.
    init(listeningOn host: String, more: [String] = []) {
        let host = Self.bare(host)
        names = Set([host, "localhost"] + more.map(Self.bare))
        takesAnyAddress = ["0.0.0.0", "::", "*", ""].contains(host)
    }

    /// Whether a request with that Host field is answered; no browser leaves it out.
    func allows(_ field: String?) -> Bool {
        guard let field, !field.isEmpty else { return true }
        let host = Self.bare(field)
        if names.contains(host) || host.hasSuffix(".localhost") { return true }
        guard let isLoopback = Self.isLoopback(host) else { return false }
        return isLoopback || takesAnyAddress
    }

    /// The host without its port, brackets and final dot, in lower case.
    private static func bare(_ text: String) -> String {
        var host = text.lowercased()
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = String(host[host.index(after: host.startIndex)..<end])
        } else if host.count(where: { $0 == ":" }) == 1, let colon = host.firstIndex(of: ":") {
            host = String(host[..<colon])
        }
        if host.hasSuffix(".") { host.removeLast() }
        return host
    }

    /// Whether the address `text` is of this machine alone; nil for what is no address.
    private static func isLoopback(_ text: String) -> Bool? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10...11] == [0xFF, 0xFF]
        return isMapped ? bytes[12] == 127 : bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] == 1
    }
}
