/// What is known of a process from outside, to recognize its runtime.
public struct RuntimeEvidence: Sendable, Hashable {
    /// The path of the program, as `/proc/PID/exe` has it.
    public var executable: String
    /// The files from which it runs code: the program and its libraries.
    public var codeFiles: Set<String>
    /// The names of the sections of the program's file; empty if unreadable.
    public var sections: Set<String>
    /// The release of Go that built the program, `go1.23.4`; empty if unknown.
    public var goRelease: String?

    /// Joins evidence.
    public init(
        executable: String, codeFiles: Set<String> = [], sections: Set<String> = [], goRelease: String? = nil
    ) {
        self.executable = executable
        self.codeFiles = codeFiles
        self.sections = sections
        self.goRelease = goRelease
    }

    /// The runtime, and its version if the evidence shows it.
    ///
    /// Runtimes that collect lazily come first: if two share a process, theirs is the memory that fluctuates.
    public var recognised: RecognisedRuntime {
        // Several names at most: a program started through the dynamic loader is a library of that loader.
        let names = ([executable] + codeFiles.sorted()).map(Self.baseName)
        for (runtime, prefixes) in Self.lazyPrefixes {
            for name in names where prefixes.contains(where: { Self.matches(name, $0) }) {
                return RecognisedRuntime(runtime: runtime, version: runtime == .pypy ? Self.version(in: name) : nil)
            }
        }
        if let goRelease {
            return RecognisedRuntime(runtime: .go, version: goRelease.isEmpty ? nil : String(goRelease.trimmingGo))
        }
        // Compiled ahead of time by GraalVM, or by .NET.
        if sections.contains(".svm_heap") { return RecognisedRuntime(runtime: .jvm) }
        if sections.contains("__managedcode") { return RecognisedRuntime(runtime: .dotnet) }
        for (runtime, prefixes) in Self.promptPrefixes {
            let matching = names.filter { name in prefixes.contains { Self.matches(name, $0) } }
            guard !matching.isEmpty else { continue }
            return RecognisedRuntime(runtime: runtime, version: matching.lazy.compactMap(Self.version).first)
        }
        return RecognisedRuntime(runtime: .native)
    }

    private static let lazyPrefixes: [(Runtime, [String])] = [
        (.jvm, ["libjvm.so"]),
        (.dotnet, ["libcoreclr.so", "dotnet", "libmonosgen-", "libmono-", "mono", "mono-sgen"]),
        (.node, ["node", "nodejs", "libnode.so"]),
        (.deno, ["deno"]),
        (.bun, ["bun"]),
        (.pypy, ["pypy", "libpypy"]),
        (.ruby, ["ruby", "libruby"]),
        (.erlang, ["beam.smp", "beam"]),
    ]

    private static let promptPrefixes: [(Runtime, [String])] = [
        (.python, ["python", "libpython"]),
        (.php, ["php", "php-fpm", "php-cgi", "libphp"]),
    ]

    /// Whether `name` is `prefix`, perhaps with a version or suffix that does not start with a letter: `python3.12`.
    private static func matches(_ name: String, _ prefix: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        guard let next = name.dropFirst(prefix.count).first else { return true }
        if prefix.hasPrefix("lib") { return true }
        return next.isNumber
    }

    /// The file's name without its folder and without what the kernel adds to a removed file.
    private static func baseName(_ path: String) -> String {
        let deleted = " (deleted)"
        let path = path.hasSuffix(deleted) ? path.dropLast(deleted.count) : path[...]
        return String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    /// The first number with a dot in a name: `3.12` of `libpython3.12.so.1.0`.
    private static func version(in name: String) -> String? {
        guard let start = name.firstIndex(where: \.isNumber) else { return nil }
        let number = name[start...].prefix { $0.isNumber || $0 == "." }
        let parts = number.split(separator: ".")
        return parts.count > 1 ? parts.joined(separator: ".") : nil
    }
}

extension String {
    fileprivate var trimmingGo: Substring { hasPrefix("go") ? dropFirst(2) : self[...] }
}
