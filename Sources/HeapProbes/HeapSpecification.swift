import Remedies

/// Which probe reads the target's live heap, as a user says it.
public enum HeapSpecification: Hashable, Sendable {
    /// The probe that suits the target's runtime and does it no harm, if there is one.
    case automatic
    /// No probe.
    case none
    /// The inspector of Node.js or Deno.
    case node
    /// `jcmd`, of a Java development kit.
    case jvm
    /// An agent that a CPython which is started imports, and one that runs takes from gdb.
    case python
    /// An agent that a Ruby which is started requires.
    case ruby
    /// The pages of a Go program's `net/http/pprof`: on a port of its own, or those that a URL names.
    case go(HTTPLocation?)
    /// A library that a native program which is started is loaded with, and that counts what is allocated.
    case native
    /// The allocators of glibc and of CPython, read from outside.
    case glibc
    /// The output of a shell command; `key` names the value where there are several.
    case command(String, key: String?)
    /// The page at a URL; `key` names the value where there are several.
    case url(HTTPLocation, key: String?)

    /// The forms that `init` reads, for help and errors.
    public static let forms =
        "auto, none, node, jvm, python, ruby, go, go:http[s]://HOST:PORT[/PATH], native, glibc, command:CMD[#NAME], "
        + "url:http[s]://HOST:PORT/PATH[#NAME]"

    /// Reads one of `forms`.
    public init(_ text: String) throws(HeapProbeFailure) {
        switch text {
        case "auto": self = .automatic
        case "none": self = .none
        case "node": self = .node
        case "jvm": self = .jvm
        case "python": self = .python
        case "ruby": self = .ruby
        case "go": self = .go(nil)
        case "native": self = .native
        case "glibc": self = .glibc
        default:
            if text.hasPrefix("command:") {
                let (command, key) = try Self.split(text.dropFirst("command:".count), onlyIf: Self.isName)
                guard command.contains(where: { !$0.isWhitespace }) else {
                    throw HeapProbeFailure("command: needs a shell command, as in \"command:cat /run/app/heap\"")
                }
                self = .command(String(command), key: key)
            } else if text.hasPrefix("go:") {
                self = .go(try HTTPLocation(String(text.dropFirst("go:".count))))
            } else if text.hasPrefix("url:") {
                let (url, key) = try Self.split(text.dropFirst("url:".count)) { _ in true }
                self = .url(try HTTPLocation(String(url)), key: key)
            } else {
                throw HeapProbeFailure("there is no heap probe \"\(text)\"; there are \(Self.forms)")
            }
        }
    }

    /// Cuts the name off that follows the last `#`, if it is one.
    private static func split(
        _ text: Substring, onlyIf isKey: (Substring) -> Bool
    ) throws(HeapProbeFailure) -> (Substring, String?) {
        guard let mark = text.lastIndex(of: "#") else { return (text, nil) }
        let key = text[text.index(after: mark)...]
        guard isKey(key) else { return (text, nil) }
        guard !key.isEmpty else { throw HeapProbeFailure("a name must follow #, as in #app_open_sessions") }
        // Their columns are in every report.
        let taken = ["descriptors", "threads", "privateMemory", "liveHeap", "blocks", "objects", "goroutines"]
        guard !taken.contains(String(key)) else {
            throw HeapProbeFailure("the report has a column \"\(key)\" already: give the value another name")
        }
        return (text[..<mark], String(key))
    }

    /// Whether `text` reads like the name of a metric, perhaps with labels, and not like a comment in a command.
    private static func isName(_ text: Substring) -> Bool {
        let name = text.prefix { $0 != "{" }
        return !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.:-".contains($0)) }
            && (name.endIndex == text.endIndex || text.last == "}")
    }

    /// Whether the user's own page or command tells the value, which may be some seconds old.
    public var mayLag: Bool {
        switch self {
        case .command, .url: true
        case .automatic, .none, .node, .jvm, .python, .ruby, .go, .native, .glibc: false
        }
    }

    /// Whether its probe reads only what is started for it, with an agent or a library from the first moment.
    public var needsStart: Bool {
        switch self {
        case .ruby, .native: true
        case .automatic, .none, .node, .jvm, .python, .go, .glibc, .command, .url: false
        }
    }

    /// What the readings of its probe mean.
    public var gauge: HeapGauge {
        switch self {
        case .command(_, let key), .url(_, let key): Self.gauge(key: key)
        case .automatic, .none, .node, .jvm, .python, .ruby, .go, .native, .glibc: .liveBytes
        }
    }

    /// What readings mean that have the name `key`.
    static func gauge(key: String?) -> HeapGauge {
        guard let key, !key.contains("bytes") else { return .liveBytes }
        return .count(key)
    }
}
