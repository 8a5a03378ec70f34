import ProcessResources

/// An interpreter that runs an agent of ours from its start.
enum Interpreter: CaseIterable, Sendable {
    /// CPython.
    case python
    /// CRuby.
    case ruby

    var runtime: Runtime {
        switch self {
        case .python: .python
        case .ruby: .ruby
        }
    }

    /// What its agent counts, in the interpreter's own word.
    var word: String {
        switch self {
        case .python: "blocks"
        case .ruby: "objects"
        }
    }

    var gauge: HeapGauge { .count(word) }

    /// Whether its objects are in a heap that its allocator does not know.
    var hasObjectHeap: Bool { self == .ruby }

    /// Whether its agent can follow which code opens files.
    var followsOpenings: Bool { self == .python }

    /// Whether one that runs already can be given its agent.
    var canAttach: Bool { self == .python }

    /// Whether its agent knows the timers that are set.
    var knowsTimers: Bool { self == .python }

    /// Where readings come from; of one that ran already where it `isAttached`.
    func source(isAttached: Bool) -> String {
        switch self {
        case .python where isAttached: "an agent in CPython that gdb has it take, after a collection"
        case .python: "an agent in CPython, after a collection"
        case .ruby: "an agent in Ruby, after a collection"
        }
    }

    /// When it has no agent, though it was started with one.
    var absence: String {
        switch self {
        case .python:
            "Python imports it at its start, unless it runs with -I, -E or -S or without the environment that it is started with"
        case .ruby:
            "Ruby requires it at its start, unless it runs with --disable=rubyopt, with privileges of its own or without the "
                + "RUBYOPT that it is started with, or TMPDIR is relative or has a space in it; a forked worker has one from Ruby 3.1 on"
        }
    }
}
