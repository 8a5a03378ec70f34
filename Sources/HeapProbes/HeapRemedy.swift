import ProcessResources

extension Runtime {
    /// How a user has the live heap read of a runtime whose own means reach it and no probe does by itself; nil for others.
    ///
    /// In the words of the command line, with the whole line where the runtime has a program for it.
    var heapRemedy: String? {
        switch self {
        case .dotnet:
            """
            install its program with dotnet tool install --global dotnet-gcdump, and give \
            --heap 'command:dotnet-gcdump report -p $WATERTIGHT_PID | grep "GC Heap bytes" | tr -cd 0-9'
            """
        case .erlang:
            """
            start it with a name and a cookie, and give --heap 'command:echo \
            "[erlang:garbage_collect(P) || P <- processes()], erlang:memory(total)." \
            | erl_call -sname NAME -c COOKIE -e | tr -cd 0-9'
            """
        case .php: Self.page("gc_collect_cycles(); echo memory_get_usage();")
        case .bun: Self.page("Bun.gc(true); process.memoryUsage().heapUsed")
        case .pypy: Self.page("gc.collect(); gc.get_stats().total_gc_memory")
        case .deno: "start it with --inspect, and give --heap node"
        case .node, .jvm, .go, .python, .ruby, .native: nil
        }
    }

    private static func page(_ expression: String) -> String {
        "let a page of the server answer with what \(expression) gives, and name it with --heap url:http://HOST:PORT/PATH"
    }
}
