import Testing

@testable import ProcessResources

@Suite("The program's file")
struct ProgramImageTests {
    private static func littleEndian(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    private static func goMark(flags: UInt8 = 2, release: String = "go1.23.4") -> [UInt8] {
        [0xFF] + Array(" Go buildinf:".utf8) + [8, flags] + [UInt8](repeating: 0, count: 16)
            + [UInt8(release.utf8.count)] + Array(release.utf8) + [UInt8](repeating: 0, count: 32)
    }

    /// A file with a heading, one writable segment at 128, and two sections unless stripped.
    private static func file(contents: [UInt8], section: String = ".go.buildinfo", stripped: Bool = false) -> [UInt8] {
        let start = 128
        let names = [0] + Array(section.utf8) + [0] + Array(".shstrtab".utf8) + [0]
        let namesStart = start + contents.count
        let table = namesStart + names.count
        var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1] + [UInt8](repeating: 0, count: 26)
        file += littleEndian(64, 8) + littleEndian(stripped ? 0 : table, 8) + littleEndian(0, 4)
        file += littleEndian(64, 2) + littleEndian(56, 2) + littleEndian(1, 2)
        file += littleEndian(64, 2) + littleEndian(stripped ? 0 : 2, 2) + littleEndian(stripped ? 0 : 1, 2)
        file += littleEndian(1, 4) + littleEndian(6, 4) + littleEndian(start, 8) + [UInt8](repeating: 0, count: 16)
        file += littleEndian(contents.count, 8) + [UInt8](repeating: 0, count: 16)
        file += [UInt8](repeating: 0, count: start - file.count) + contents + names
        guard !stripped else { return file }
        for (name, offset, size) in [
            (1, start, contents.count), (2 + section.utf8.count, namesStart, names.count),
        ] {
            file += littleEndian(name, 4) + [UInt8](repeating: 0, count: 20) + littleEndian(offset, 8)
            file += littleEndian(size, 8) + [UInt8](repeating: 0, count: 24)
        }
        return file
    }

    private static func image(_ file: [UInt8]) -> ProgramImage? {
        ProgramImage { offset, count in Array(file.dropFirst(offset).prefix(count)) }
    }

    @Test("Go's section holds the release")
    func go() throws {
        let image = try #require(Self.image(Self.file(contents: Self.goMark())))
        #expect(image.goRelease == "go1.23.4")
        #expect(image.sections == [".go.buildinfo", ".shstrtab"])
    }

    @Test("without sections the mark is found in the writable segment")
    func stripped() throws {
        let contents = [UInt8](repeating: 1, count: 4096) + Self.goMark()
        let image = try #require(Self.image(Self.file(contents: contents, stripped: true)))
        #expect(image.goRelease == "go1.23.4")
        #expect(image.sections.isEmpty)
    }

    @Test("a section of that name without the mark is not Go's, and a mark without the release is")
    func unmarked() throws {
        #expect(try #require(Self.image(Self.file(contents: [UInt8](repeating: 0, count: 64)))).goRelease == nil)
        #expect(try #require(Self.image(Self.file(contents: Self.goMark(flags: 0)))).goRelease == "")
        #expect(try #require(Self.image(Self.file(contents: Self.goMark(), section: ".data"))).goRelease == nil)
    }

    @Test("a file cut or damaged anywhere is survived")
    func damage() {
        let file = Self.file(contents: Self.goMark())
        for length in 0..<file.count { _ = Self.image(Array(file[..<length])) }
        for index in file.indices {
            for byte: UInt8 in [0, 0x7F, 0xFF] {
                var damaged = file
                damaged[index] = byte
                _ = Self.image(damaged)
            }
        }
        #expect(Self.image([]) == nil)
        #expect(Self.image(Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 0, count: 64)) == nil)
    }
}
