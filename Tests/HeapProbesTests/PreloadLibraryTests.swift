import Foundation
import Glibc
import ProcessResources
import Testing

@testable import HeapProbes
@testable import Preload

@Suite("What native programs are started with")
struct PreloadLibraryTests {
    @Test("a user's own libraries come behind it")
    func chained() {
        #expect(PreloadLibrary.value("/proc/1/fd/3", before: nil) == "/proc/1/fd/3")
        #expect(PreloadLibrary.value("/proc/1/fd/3", before: "") == "/proc/1/fd/3")
        #expect(PreloadLibrary.value("/proc/1/fd/3", before: "/a.so b.so") == "/proc/1/fd/3:/a.so b.so")
    }

    @Test("it is a library, in no folder, and goes with this process")
    func file() throws {
        #expect(PreloadLibrary.bytes(ofDigits: "00ff7f1a") == [0, 255, 127, 26])
        let value = try #require(HeapSpecification.native.environment["LD_PRELOAD"])
        let path = String(value.prefix { $0 != ":" })
        #expect(path.hasPrefix("/proc/\(getpid())/fd/"))
        #expect(try Data(contentsOf: URL(filePath: path)).prefix(4) == Data([0x7F, 0x45, 0x4C, 0x46]))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path).hasPrefix("/memfd:watertight-heap-"))
    }

    @Test("only what may read it, has it in its environment")
    func environment() {
        #expect(HeapSpecification.automatic.environment["LD_PRELOAD"] != nil)
        for other: HeapSpecification in [.none, .node, .jvm, .python, .go(nil), .glibc] {
            #expect(other.environment["LD_PRELOAD"] == nil)
        }
        #expect(HeapSpecification.withoutPreload(["LD_PRELOAD": "/a", "PORT": "1"]) == ["PORT": "1"])
    }

    @Test(
        "why a process is without it, by what is mapped",
        arguments: [
            (["server"], false, .isStatic), (["server", "ld-musl-x86_64.so.1"], true, .isMusl),
            (["server", "libc.so.6", "ld-linux-x86-64.so.2"], false, .wasNotNamed),
            (["server", "libc-2.31.so", "ld-2.31.so"], true, .wasRefused),
        ] as [([Substring], Bool, PreloadReadFailure.Absence)])
    func absence(files: [Substring], wasNamed: Bool, expected: PreloadReadFailure.Absence) {
        #expect(PreloadReadFailure.Absence(files: files, wasNamed: wasNamed) == expected)
    }
}
