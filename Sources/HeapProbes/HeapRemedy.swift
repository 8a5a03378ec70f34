import ProcessResources
import Remedies

extension Runtime {
    /// How a user has the live heap read of a runtime whose own means reach it and no probe does by itself; nil for others.
    var heapRemedy: Remedy? {
        switch self {
        case .dotnet:
            .readByCommand(
                #"dotnet-gcdump report -p $WATERTIGHT_PID | grep "GC Heap bytes" | tr -cd 0-9"#,
                onceDone: "install its program with dotnet tool install --global dotnet-gcdump")
        case .erlang:
            .readByCommand(
                #"echo "[erlang:garbage_collect(P) || P <- processes()], erlang:memory(total)." "#
                    + "| erl_call -sname NAME -c COOKIE -e | tr -cd 0-9",
                onceDone: "start it with a name and a cookie")
        case .php: .readByPage(of: "gc_collect_cycles(); echo memory_get_usage();")
        case .bun: .readByPage(of: "Bun.gc(true); process.memoryUsage().heapUsed")
        case .pypy: .readByPage(of: "gc.collect(); gc.get_stats().total_gc_memory")
        case .deno: .startInspected
        case .node, .jvm, .go, .python, .ruby, .native: nil
        }
    }
}
