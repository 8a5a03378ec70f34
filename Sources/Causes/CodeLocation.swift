/// A place in a program's source.
public struct CodeLocation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The file, as the runtime names it.
    public var file: String
    /// The line, from 1; nil where only the file is known.
    public var line: Int?

    /// The place at `line` of `file`.
    public init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }

    /// Whether the file belongs to a runtime or to a package, and not to the program itself.
    public var isLibrary: Bool {
        let folders = [
            "/lib/python", "/site-packages/", "/dist-packages/", "/node_modules/", "/usr/lib/", "/usr/local/go/",
            "/usr/share/nodejs/", "/usr/share/gocode/",
            "/pkg/mod/", "/lib/ruby/", "/gems/", "/usr/include/", "/rustc/", "/.cargo/", "/lib/x86_64-linux-gnu/",
            "/lib/aarch64-linux-gnu/", "/usr/local/lib/", "/.build/checkouts/", "/SourcePackages/checkouts/",
        ]
        if file.hasSuffix(".java") || file.hasSuffix(".kt") || file.hasSuffix(".scala") {
            return JavaPackage(of: file) != .own
        }
        return file.hasPrefix("node:") || file.hasPrefix("<") || folders.contains { file.contains($0) }
    }

    /// `server.js:11`: the file without its folders.
    public var description: String {
        let name = String(file[(file.lastIndex(of: "/").map(file.index(after:)) ?? file.startIndex)...])
        return line.map { "\(name):\($0)" } ?? name
    }
}

/// One function on a stack, or in a chain of tasks that await each other.
public struct CodeFrame: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Its name, as the runtime writes it.
    public var function: String
    /// The line that it is at.
    public var location: CodeLocation?

    /// The frame of `function`.
    public init(_ function: String, at location: CodeLocation? = nil) {
        self.function = function
        self.location = location
    }

    /// `wait_for_auth server.py:27`.
    public var description: String { location.map { "\(function) \($0)" } ?? function }
}
