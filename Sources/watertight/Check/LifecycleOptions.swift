import ArgumentParser
import LeakCheck
import Lifecycles
import WebSocketProtocol

/// Which lifecycles a check drives.
struct LifecycleOptions: ParsableArguments {
    @Option(
        name: .customLong("lifecycle"),
        help: "Lifecycle to drive, one variant or all of a family; repeatable. Default: those of the profile.",
        transform: Self.named)
    var lifecycles: [[Lifecycle]] = []
    @Option(
        name: .customLong("script"),
        help: ArgumentHelp(
            "File with a lifecycle of your own to drive, in a row named by the file; repeatable.",
            discussion: "watertight lifecycles --show fin prints one to begin with.", valueName: "file"))
    var scripts: [String] = []
    @Option(
        help: ArgumentHelp(
            "Folder of a search's corpus, whose findings are driven, each in a row of its own.", valueName: "dir"))
    var corpus: String?
    @Option(
        name: .customLong("skip"), help: "Lifecycle to leave out, one variant or all of a family; repeatable.",
        transform: Self.named)
    var skipped: [[Lifecycle]] = []
    @Option(
        help: ArgumentHelp(
            "Share of the lifecycles to drive, such as 3/8, for machines that each take one.",
            discussion: "watertight report puts the records together.", valueName: "i/n"), transform: Self.shard)
    var shard: Shard?

    private static func shard(_ text: String) throws -> Shard {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let index = numbers[0], let count = numbers[1],
            let shard = Shard(index: index, count: count)
        else {
            throw ValidationError("--shard \"\(text)\" is no share: write 1/8 to 8/8 for the eight parts of a check")
        }
        return shard
    }

    /// The lifecycle of a name, or all of a family; throws `ValidationError` where there is none.
    static func named(_ name: String) throws -> [Lifecycle] {
        let found = Lifecycle.named(name)
        guard found.isEmpty else { return found }
        if name.hasSuffix("+deflate") {
            let plain = name.dropLast(8)
            throw ValidationError(
                "\"\(name)\" is \(plain) with compression: give --lifecycle \(plain) --compression on")
        }
        throw ValidationError(
            "there is no lifecycle \"\(name)\"; the known ones are \(Lifecycle.all.map(\.name).joined(separator: ", "))"
        )
    }

    /// Those that are to be driven against a server at `url`, in order; throws `ValidationError` with the place of a script's
    /// mistake.
    func chosen(_ profile: CheckPlan.Profile, at url: WebSocketURL) throws -> [Lifecycle] {
        let paths = try scriptPaths()
        let scripts = try paths.map(ScriptFile.lifecycle)
        for (index, script) in scripts.enumerated() where scripts[..<index].contains(where: { $0.name == script.name })
        {
            throw ValidationError(
                "--script: two files are called \(script.name), and rows are named by the files: rename one")
        }
        let named = lifecycles.flatMap { $0 } + scripts
        let skipped = Set(skipped.flatMap { $0 })
        for lifecycle in named { try lifecycle.requireScheme(of: url) }
        let all = named.isEmpty ? profile.lifecycles(isSecure: url.isSecure) : named
        let chosen = all.filter { !skipped.contains($0) }
        guard !chosen.isEmpty else { throw ValidationError("--skip leaves no lifecycle to drive") }
        guard let shard else { return chosen }
        let share = shard.share(of: chosen)
        guard !share.isEmpty else {
            throw ValidationError(
                "--shard \(shard.index)/\(shard.count) is empty: there are \(chosen.count) lifecycles to share")
        }
        return share
    }

    /// The files with scripts to drive: those that were named, and the findings of a corpus.
    private func scriptPaths() throws -> [String] {
        scripts + (try corpus.map { try CorpusFolder($0, made: false).findings() } ?? [])
    }

    /// The options that choose `lifecycle` alone.
    func words(for lifecycle: Lifecycle) -> [String] {
        var words = ["--lifecycle", lifecycle.name]
        if lifecycle.source != nil {
            let paths = (try? scriptPaths()) ?? scripts
            words = ["--script", paths.first { ScriptFile.rowName($0) == lifecycle.name } ?? lifecycle.name]
        }
        return words
    }
}

extension Lifecycle {
    /// Throws `ValidationError` where it is about TLS, and the server at `url` speaks none.
    func requireScheme(of url: WebSocketURL) throws {
        guard needsTLS, !url.isSecure else { return }
        throw ValidationError("\(name) is about TLS: it needs a wss:// URL")
    }
}
