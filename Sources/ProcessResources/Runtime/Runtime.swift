/// What runs a process's code, as far as it affects memory.
public enum Runtime: String, Sendable, Hashable, Codable, CaseIterable {
    /// Node.js.
    case node
    /// Deno.
    case deno
    /// Bun.
    case bun
    /// Java and its kin, compiled ahead of time or not.
    case jvm
    /// .NET and Mono.
    case dotnet
    /// Go.
    case go
    /// CPython.
    case python
    /// PyPy.
    case pypy
    /// Ruby.
    case ruby
    /// PHP.
    case php
    /// Erlang and Elixir.
    case erlang
    /// Machine code without a collector known here: C, C++, Rust, Swift.
    case native

    /// Whether memory grows until a tracing collector runs, so that growth between collections means nothing.
    ///
    /// CPython and PHP free an object with its last reference.
    public var collectsLazily: Bool {
        switch self {
        case .node, .deno, .bun, .jvm, .dotnet, .go, .pypy, .ruby, .erlang: true
        case .python, .php, .native: false
        }
    }
}
