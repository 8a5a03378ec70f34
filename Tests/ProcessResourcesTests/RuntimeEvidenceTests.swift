import ProcessResources
import Testing

@Suite("Recognising the runtime")
struct RuntimeEvidenceTests {
    @Test(
        "the program and its libraries tell",
        arguments: [
            ("/usr/bin/node", [], .node, nil),
            ("/usr/bin/node (deleted)", [], .node, nil),
            ("/opt/app/server", ["/usr/lib/libnode.so.115"], .node, nil),
            ("/root/.deno/bin/deno", [], .deno, nil),
            ("/usr/local/bin/bun", [], .bun, nil),
            ("/usr/lib/jvm/bin/java", ["/usr/lib/jvm/lib/server/libjvm.so"], .jvm, nil),
            ("/opt/app/service", ["/usr/share/dotnet/shared/libcoreclr.so"], .dotnet, nil),
            ("/usr/bin/mono-sgen", [], .dotnet, nil),
            ("/usr/bin/python3.12", [], .python, "3.12"),
            ("/usr/bin/python3", ["/usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0"], .python, "3.11"),
            ("/usr/bin/uwsgi", ["/usr/lib/libpython3.11.so.1.0"], .python, "3.11"),
            ("/usr/bin/pypy3.10", [], .pypy, "3.10"),
            ("/usr/bin/ruby3.2", [], .ruby, nil),
            ("/usr/sbin/php-fpm8.2", [], .php, "8.2"),
            ("/usr/lib/erlang/erts-14/bin/beam.smp", [], .erlang, nil),
            ("/usr/bin/python3", ["/usr/lib/jvm/lib/server/libjvm.so"], .jvm, nil),
            ("/lib64/ld-linux-x86-64.so.2", ["/usr/bin/node"], .node, nil),
            ("/usr/bin/nodemon-native", [], .native, nil),
            ("/usr/bin/denotify", [], .native, nil),
            ("/usr/bin/monotone", [], .native, nil),
            ("/home/node/server", ["/usr/lib/libc.so.6"], .native, nil),
            ("", [], .native, nil),
        ] as [(String, [String], Runtime, String?)])
    func files(executable: String, code: [String], runtime: Runtime, version: String?) {
        let evidence = RuntimeEvidence(executable: executable, codeFiles: Set(code))
        #expect(evidence.recognised == RecognisedRuntime(runtime: runtime, version: version))
    }

    @Test(
        "programs compiled ahead of time tell by their file",
        arguments: [
            ([], "go1.23.4", .go, "1.23.4"), ([], "", .go, nil), ([], "devel +abc", .go, "devel +abc"),
            ([".text", ".svm_heap"], nil, .jvm, nil), (["__managedcode"], nil, .dotnet, nil),
            ([".text"], nil, .native, nil),
        ] as [([String], String?, Runtime, String?)])
    func sections(sections: [String], goRelease: String?, runtime: Runtime, version: String?) {
        let evidence = RuntimeEvidence(executable: "/srv/app", sections: Set(sections), goRelease: goRelease)
        #expect(evidence.recognised == RecognisedRuntime(runtime: runtime, version: version))
    }

    @Test("reference counting is prompt, tracing is not")
    func lazy() {
        let prompt = Runtime.allCases.filter { !$0.collectsLazily }
        #expect(Set(prompt) == [.python, .php, .native])
    }
}
