import Foundation
import Glibc
import ProcessResources
import Remedies
import TestSupport
import Testing

@testable import HeapProbes

@Suite("The agent in Ruby", .serialized, .enabled(if: StartedProcess.has("ruby"), "ruby is not installed"))
struct RubyProbeTests {
    private static func text(_ preparation: String, _ code: String, _ marks: String) -> String {
        """
        kept = []
        \(preparation)
        mark = -> { File.write(\(String(reflecting: marks)), ".", mode: "a") }
        trap("USR2") { \(code); mark.call }
        mark.call
        sleep
        """
    }

    private static func script(
        _ preparation: String = "", _ code: String, options: [String] = [], environment: [String: String] = [:]
    ) async throws -> AgentScript {
        try await AgentScript(.ruby, environment: environment) { marks in
            ["ruby"] + options + ["-e", text(preparation, code, marks)]
        }
    }

    @Test("objects that are kept are counted to the object, and their bytes")
    func kept() async throws {
        let added = try await Self.script("", "kept << Array.new(1000) { \"x\" * 50_000 }").added()
        // The array is an object, too.
        #expect((1001...1010).contains(added.count), "\(added)")
        #expect((50_000_000...51_000_000).contains(added.bytes), "\(added)")
    }

    @Test("garbage is not counted, unless the program has turned its collector off")
    func garbage() async throws {
        let code = "500.times { Object.new }"
        let added = try await Self.script("", code).added()
        #expect(abs(added.count) < 10, "\(added)")
        let off = try await Self.script("GC.disable", code).added()
        #expect((500...1010).contains(off.count), "\(off)")
    }

    @Test("nothing that happens is read as nothing")
    func flat() async throws {
        let script = try await Self.script("", "nil")
        let probe = try await script.probe()
        let first = try await probe.read()
        for _ in 0..<20 { #expect(try await probe.read() == first) }
        #expect(await probe.besideAllocators[script.process.pid]?.heap?.liveBytes ?? 0 > 100_000)
        withExtendedLifetime(script) {}
    }

    @Test("a forked worker has an agent of its own", arguments: ["fork", "Process.fork"])
    func workers(fork: String) async throws {
        let code = "\(fork) { kept << Array.new(5000) { Object.new }; sleep }"
        let script = try await Self.script("$VERBOSE = true", code)
        let probe = try await script.probe()
        let alone = try await probe.read()
        try await script.act()
        try #require(await eventually { (try? script.reader.descendants())?.count == 1 })
        var both = alone
        #expect(
            try await eventually {
                both = try await probe.read()
                return (both[.count("objects")] ?? 0) > 2 * (alone[.count("objects")] ?? .infinity) + 4_000
            }, "\(both) after \(alone)")
    }

    @Test("the program does not meet the agent: among its threads, in a Ractor, as a gem, or as a warning")
    func unseen() async throws {
        let checks = """
            raise Thread.list.inspect unless Thread.list == [Thread.current]
            (Thread.list - [Thread.current]).each(&:join)
            raise $LOADED_FEATURES.inspect if $LOADED_FEATURES.any?(/io.wait/)
            raise Gem.loaded_specs.inspect if Gem.loaded_specs.key?("io-wait")
            ran = Ractor.new { pid = fork { exit! Thread.list.size }; Process.wait pid; [$?.exitstatus, Thread.list.size] }
            raise "a Ractor fails" unless ran.take == [1, 1]
            raise "it fails" unless `ruby -w -e 'p Thread.list.size' 2>&1` == "1\\n"
            """
        let script = try await Self.script(checks, "nil", options: ["-w", "-W:no-experimental"])
        let levels = try await script.probe().read()
        #expect((levels[.count("objects")] ?? 0) > 1000)
        withExtendedLifetime(script) {}
    }

    @Test("what the user has in the variable of an interpreter stays")
    func present() throws {
        let agent = try Agent.own.get()
        func value(_ name: String, _ interpreter: Interpreter, _ present: String?) -> String {
            agent.environment(for: interpreter) { $0 == name ? present : nil }[name] ?? ""
        }
        for nothing in [nil, ""] {
            #expect(value("RUBYOPT", .ruby, nothing).wholeMatch(of: /-r\S+\/agent\.rb/) != nil)
            #expect(value("PYTHONPATH", .python, nothing).wholeMatch(of: /[^:]+/) != nil)
        }
        #expect(value("RUBYOPT", .ruby, "-W0 -rset").wholeMatch(of: /-W0 -rset -r\S+\/agent\.rb/) != nil)
        #expect(value("PYTHONPATH", .python, "/a:/b").wholeMatch(of: /[^:]+:\/a:\/b/) != nil)
    }

    /// A script in a Ruby that takes itself for 3.4 and has slots of 20 bytes, which it tells as `heap` has it.
    private static func later(_ heap: String, _ code: String) async throws -> AgentScript {
        let file = FileManager.default.temporaryDirectory.appending(path: "watertight-later-\(UUID()).rb")
        defer { try? FileManager.default.removeItem(at: file) }
        let stub = """
            Object.send(:remove_const, :RUBY_VERSION)
            RUBY_VERSION = "3.4.1"
            def GC.stat_heap(index = nil, key = nil)
              return { 0 => GC.stat_heap(0) } unless index
              heap = { slot_size: 20, \(heap) }
              key ? heap.fetch(key) : heap
            end
            """
        try stub.write(to: file, atomically: true, encoding: .utf8)
        let own = try #require(try Agent.own.get().environment(for: .ruby)["RUBYOPT"])
        return try await script("", code, environment: ["RUBYOPT": "-r\(file.path()) \(own)"])
    }

    @Test(
        "a Ruby with slots of several sizes is read by them; one that does not tell how many live, by its objects alone"
    )
    func slots() async throws {
        let allocated = "total_allocated_objects: GC.stat(:total_allocated_objects)"
        let freed = "total_freed_objects: GC.stat(:total_freed_objects)"
        let script = try await Self.later("\(allocated), \(freed)", "kept << Array.new(1000) { Object.new }")
        let added = try await script.added()
        // The slots, and the block of the array.
        #expect((28_000...30_000).contains(added.bytes), "\(added)")
        let older = try await Self.later(allocated, "nil")
        let probe = try await older.probe()
        #expect(probe.gauges == [.count("objects")])
        withExtendedLifetime((script, older)) {}
    }

    @Test("a script that names Ruby in its first line is recognised and read by itself")
    func shebang() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "watertight-script-\(UUID())")
        defer { try? FileManager.default.removeItem(at: file) }
        let marks = FileManager.default.temporaryDirectory.appending(path: "watertight-marks-\(UUID())")
        try await Script.write(
            "#!/usr/bin/env ruby\n" + Self.text("$0 = 'a server'", "nil", marks.path()), to: file.path())
        let script = try await AgentScript(.ruby, marks: marks) { _ in [file.path()] }
        #expect(try script.reader.runtime().runtime == .ruby)
        let probe = try #require(try await script.subject().open(.automatic))
        #expect(probe.gauges == [.liveBytes, .count("objects")])
        #expect(HeapSpecification.automatic.environment["RUBYOPT"]?.contains("agent.rb") == true)
    }

    @Test("one that does not require it is said so")
    func absent() async throws {
        let hiding = [
            try await Self.script("", "nil", options: ["--disable=rubyopt"]),
            try await Self.script("", "nil", environment: ["RUBYOPT": ""]),
        ]
        for script in hiding {
            await #expect {
                _ = try await script.probe()
            } throws: {
                "\($0)".contains("has no agent: Ruby requires it at its start, unless it runs with --disable=rubyopt")
            }
            await #expect {
                _ = try await script.subject(isOwn: false).open(.ruby)
            } throws: {
                ($0 as? HeapProbeFailure)?.problem.remedies == [.giveCommand, .goWithoutHeap]
            }
            let other = try await script.subject(isOwn: false).open(.automatic)
            #expect(other == nil)
        }
    }
}
