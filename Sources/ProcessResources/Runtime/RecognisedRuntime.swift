/// A runtime and, if known, its version.
public struct RecognisedRuntime: Sendable, Hashable, Codable {
    /// The runtime.
    public var runtime: Runtime
    /// Its version without a name, `3.12` or `1.23.4`.
    public var version: String?

    /// Joins both.
    public init(runtime: Runtime, version: String? = nil) {
        self.runtime = runtime
        self.version = version
    }
}

extension RecognisedRuntime: CustomStringConvertible {
    /// The name, and the version if known.
    public var description: String { version.map { "\(runtime.rawValue) \($0)" } ?? runtime.rawValue }
}
