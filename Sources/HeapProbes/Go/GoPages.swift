import Remedies

/// The pages of a Go program's `net/http/pprof`: its heap profile, which ends with the allocator's figures, and
/// the profile of its goroutines.
struct GoPages: Hashable, Sendable, CustomStringConvertible {
    /// The heap profile as text, for which garbage is collected first.
    let heap: HTTPLocation
    /// The goroutine profile as text.
    let goroutines: HTTPLocation
    /// The stack of each goroutine as text.
    private let stacksPage: HTTPLocation
    /// The folder that all are in.
    let description: String

    /// The pages of a server that has them where Go puts them, or of a URL that names the heap profile or its folder.
    init(_ url: HTTPLocation) throws(HeapProbeFailure) {
        let parts = url.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (folder, page) = Self.place(parts[0])
        // What a proxy before them wants to see stays.
        let words = parts.dropFirst().flatMap { $0.split(separator: "&") }
            .filter { !$0.hasPrefix("gc=") && !$0.hasPrefix("debug=") }.map { "&\($0)" }.joined()
        description = "\(url.isSecure ? "https" : "http")://\(url.hostField)\(folder)"
        heap = try HTTPLocation("\(description)\(page)?gc=1&debug=1\(words)")
        goroutines = try HTTPLocation("\(description)goroutine?debug=1\(words)")
        stacksPage = try HTTPLocation("\(description)goroutine?debug=2\(words)")
    }

    private static func place(_ path: Substring) -> (folder: String, heap: String) {
        if path == "/" { return ("/debug/pprof/", "heap") }
        if path.hasSuffix("/") { return (String(path), "heap") }
        if path.hasSuffix("/pprof") { return ("\(path)/", "heap") }
        let name = path[(path.lastIndex(of: "/") ?? path.startIndex)...].dropFirst()
        return (String(path.dropLast(name.count)), String(name))
    }

    // MARK: Reading

    /// Of either page: of a large program each stack takes a kilobyte or more.
    private static let maximumBytes = 32 << 20
    /// How far from the end of a heap profile the allocator's figures begin at most, with the length of each pause.
    private static let figuresBytes = 65_536

    /// The bytes of the heap after a collection.
    func liveBytes() async throws(HeapProbeFailure) -> Double {
        let text = try await HTTPFetch.body(at: heap, maximumBytes: Self.maximumBytes)
        guard let bytes = Self.liveBytes(text) else {
            throw HeapProbeFailure(
                "\(heap) is no heap profile of a Go program: name the page that net/http/pprof serves as heap")
        }
        return Double(bytes)
    }

    /// The number of goroutines.
    func goroutineCount(within limit: Duration = HTTPFetch.timeLimit) async throws(HeapProbeFailure) -> Double {
        let text = try await HTTPFetch.body(at: goroutines, within: limit, maximumBytes: Self.maximumBytes)
        guard let count = Self.goroutineCount(text) else {
            throw HeapProbeFailure("\(goroutines) is no goroutine profile of a Go program")
        }
        return Double(count)
    }

    /// The heap profile, after a collection.
    func heapProfile() async throws(HeapProbeFailure) -> [UInt8] {
        try await HTTPFetch.body(at: heap, maximumBytes: Self.maximumBytes)
    }

    /// The stacks of all goroutines.
    func stacks() async throws(HeapProbeFailure) -> [UInt8] {
        try await HTTPFetch.body(at: stacksPage, maximumBytes: Self.maximumBytes)
    }

    /// What the line `# HeapAlloc = 123` says in the figures that end a heap profile; nil for any other text.
    static func liveBytes(_ text: [UInt8]) -> Int? {
        guard text.starts(with: "heap profile: ".utf8) else { return nil }
        let figures = String(decoding: text.suffix(figuresBytes), as: UTF8.self)
        let name = "# HeapAlloc = "
        let line = figures.split(separator: "\n").last { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count)) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// What the first line, `goroutine profile: total 12`, says; nil for any other text.
    static func goroutineCount(_ text: [UInt8]) -> Int? {
        let name = "goroutine profile: total "
        guard text.starts(with: name.utf8), let end = text.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let count = Int(String(decoding: text[name.utf8.count..<end], as: UTF8.self))
        // One of them answers.
        return count.flatMap { $0 > 0 ? $0 : nil }
    }
}
