import Glibc
import SystemCalls
import Testing

@testable import ProcessResources

@Suite("Symbols of a program's file")
struct ProgramSymbolsTests {
    @Test("a variable of this very program is found where it lies, and what is not there is not")
    func own() throws {
        let file = try OwnedDescriptor(opening: "/proc/self/exe", flags: O_RDONLY)
        let symbols = try #require(
            ProgramSymbols { offset, count in (try? file.bytes(at: offset, count: count)) ?? [] })
        let entry = try #require(symbols.address(of: "_start"))
        let header = try file.bytes(at: 24, count: 8)
        #expect(header.number(at: 0, bytes: 8) == Int(entry))
        #expect(symbols.address(of: "no such symbol") == nil)
    }

    @Test("what is no ELF file, is stripped, or lies about its tables has none")
    func none() {
        #expect(ProgramSymbols { _, _ in [] } == nil)
        #expect(ProgramSymbols { _, count in [UInt8](repeating: 0x7F, count: count) } == nil)
        var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1] + [UInt8](repeating: 0, count: 58)
        header[16] = 2
        header[40] = 64
        header[58] = 64
        header[60] = 3
        #expect(
            ProgramSymbols { offset, count in offset == 0 ? header : [UInt8](repeating: 0xFF, count: count) } == nil)
    }
}
