import Remedies

/// The words for each remedy: here alone stands how the command line is asked for what a problem needs.
extension Remedy {
    /// A probe that was asked for by its name.
    static func probe(_ name: String) -> String { "--heap \(name)" }

    /// An imperative without a full stop.
    var words: String {
        switch self {
        case .outside(let words): words
        case .goWithoutHeap, .chooseProbe, .nameGoPage, .readGoProfile, .nameAllocatorPage, .readFromOutside,
            .readByCommand, .readByPage, .startInspected:
            heap
        case .giveCommand, .nameProcess, .nameServer, .nameStarter, .checkRunning, .giveTimeToStart: target
        case .correctPath, .showCredentials, .changeRequest, .lowerConcurrency, .giveMoreTime, .traceOpening: request
        }
    }

    private var heap: String {
        switch self {
        case .goWithoutHeap: "go without with --heap none"
        case .chooseProbe: "choose another"
        case .nameGoPage: "name its page by --heap go:URL"
        case .readGoProfile: "for the heap profile of a Go program give --heap go:URL"
        case .nameAllocatorPage: "name the page with its statistics by --heap url:"
        case .readFromOutside: "read this one from outside with --heap glibc"
        case .readByCommand(let command, let preparation): "\(preparation), and give --heap 'command:\(command)'"
        case .readByPage(let expression):
            "let a page of the server answer with what \(expression) gives, and name it with "
                + "--heap url:http://HOST:PORT/PATH"
        case .startInspected: "start it with --inspect, and give --heap node"
        default: ""
        }
    }

    private var target: String {
        switch self {
        case .giveCommand: "give the command after --"
        case .nameProcess: "name it with --pid"
        case .nameServer(let listening):
            "name the server's own process with --pid"
                + (listening.isEmpty ? "" : "; process \(Self.list(listening)) listens on that port")
        case .nameStarter:
            "a server that restarts itself is checked by the process that starts it, whose descendants are read as well: "
                + "name that with --pid"
        case .checkRunning(let pids): "check \(pids.isEmpty ? "it" : "process \(Self.list(pids))") by URL and --pid"
        case .giveTimeToStart:
            "pass the port it uses in the URL, or {port} in the command, and give a slow starter more with --start-limit"
        default: ""
        }
    }

    private var request: String {
        switch self {
        case .correctPath: "correct the path, in the URL or with --path"
        case .showCredentials(orOrigin: false): "give the credentials, with --header or --query"
        case .showCredentials(orOrigin: true):
            "give the credentials (--header, --query) or the --origin that it lets in"
        case .changeRequest: "see --subprotocol, --header, --query and --path"
        case .lowerConcurrency: "lower --concurrency"
        case .giveMoreTime: "so slow a target needs a longer --budget, or more --concurrency"
        case .traceOpening: "watertight drive --trace shows all that is said"
        default: ""
        }
    }

    private static func list(_ pids: [Int32]) -> String { pids.map(String.init).joined(separator: ", ") }
}

/// What a user can do about a file that is not what it should be.
enum FileRemedy {
    static let giveRecord = "give a file that watertight check --record has written"
    static let giveReport = "give a file that watertight check --json or --record has written"
    static let writeKnownLeaks = "let --write-known-leaks do it"
    /// Behind the names that may be given.
    static let nameGauge = "or a gauge that --heap reads"
}
