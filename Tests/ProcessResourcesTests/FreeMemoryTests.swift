import Glibc
import Testing

@testable import ProcessResources

@Suite("Free memory")
struct FreeMemoryTests {
    private static let mebibyte = 1 << 20

    private static func bytes(_ cgroup: String, _ files: [String: String]) -> Int? {
        FreeMemory(cgroup: Array(cgroup.utf8), mount: "/cg") { files[$0].map { Array($0.utf8) } }.bytes
    }

    private static let machine = ["/proc/meminfo": "MemTotal:  9216 kB\nMemAvailable:   8192 kB\n"]

    private static func with(_ files: [String: String]) -> [String: String] { machine.merging(files) { $1 } }

    @Test("without groups it is what the machine has")
    func machine() {
        #expect(Self.bytes("", Self.machine) == 8 * Self.mebibyte)
        #expect(Self.bytes("0::/a\n", Self.machine) == 8 * Self.mebibyte)
        #expect(Self.bytes("", [:]) == nil)
    }

    @Test("a group bounds it, and so do those above; files that can be dropped are free")
    func second() {
        let inner = ["/cg/a/b/memory.max": "max\n", "/cg/a/b/memory.current": "100\n"]
        #expect(Self.bytes("0::/a/b\n", Self.with(inner)) == 8 * Self.mebibyte)
        let outer = ["/cg/a/memory.max": "4194304\n", "/cg/a/memory.current": "3145728\n"]
        #expect(Self.bytes("0::/a/b\n", Self.with(inner.merging(outer) { $1 })) == Self.mebibyte)
        let files = outer.merging(["/cg/a/memory.stat": "anon 1\ninactive_file 1048576\nactive_file 5\n"]) { $1 }
        #expect(Self.bytes("0::/a/b\n", Self.with(files)) == 2 * Self.mebibyte)
    }

    @Test("the first version of groups")
    func first() {
        let files = [
            "/cg/memory/a/memory.limit_in_bytes": "4194304\n", "/cg/memory/a/memory.usage_in_bytes": "5194304\n",
            "/cg/memory/memory.limit_in_bytes": "9223372036854771712\n", "/cg/memory/memory.usage_in_bytes": "7\n",
        ]
        #expect(Self.bytes("5:cpu,cpuacct:/a\n4:memory:/a\n0::/\n", Self.with(files)) == 0)
        #expect(Self.bytes("5:cpu,cpuacct:/a\n", Self.with(files)) == 8 * Self.mebibyte)
    }

    @Test("of this process something is known")
    func own() throws {
        #expect(try #require(try ProcessReader(pid: getpid()).freeBytes()) > 0)
    }
}
