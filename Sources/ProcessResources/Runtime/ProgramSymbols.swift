/// Where an ELF file's symbols lie, from the table that a stripped file lacks (elf(5)); 64 bits, little-endian.
struct ProgramSymbols {
    private let entries: [UInt8]
    private let names: [UInt8]
    /// Whether addresses count from where the file was loaded.
    let areRelative: Bool

    /// Bytes of a file from an offset on, fewer at its end, none if it cannot be read.
    typealias Source = ProgramImage.Source

    private static let (sectionBytes, entryBytes) = (64, 24)
    private static let symbolTable = 2
    private static let sharedObject = 3
    private static let (mostSections, mostBytes) = (1024, 64 << 20)

    /// Reads the table; nil where there is none.
    init?(_ source: Source) {
        let header = source(0, 64)
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
            let type = header.number(at: 16, bytes: 2), let offset = header.number(at: 40, bytes: 8), offset > 0,
            header.number(at: 58, bytes: 2) == Self.sectionBytes, let count = header.number(at: 60, bytes: 2)
        else { return nil }
        areRelative = type == Self.sharedObject
        let sections = source(offset, min(count, Self.mostSections) * Self.sectionBytes)
        let starts = Array(stride(from: 0, to: sections.count - Self.sectionBytes + 1, by: Self.sectionBytes))
        guard let table = starts.first(where: { sections.number(at: $0 + 4, bytes: 4) == Self.symbolTable }),
            let link = sections.number(at: table + 40, bytes: 4), starts.indices.contains(link)
        else { return nil }
        func contents(_ start: Int) -> [UInt8] {
            guard let offset = sections.number(at: start + 24, bytes: 8),
                let size = sections.number(at: start + 32, bytes: 8)
            else { return [] }
            return source(offset, min(size, Self.mostBytes))
        }
        entries = contents(table)
        names = contents(starts[link])
    }

    /// The address of the symbol `name`; nil where there is none.
    func address(of name: String) -> UInt64? {
        let wanted = Array(name.utf8) + [0]
        for start in stride(from: 0, to: entries.count - Self.entryBytes + 1, by: Self.entryBytes) {
            guard let position = entries.number(at: start, bytes: 4), position + wanted.count <= names.count,
                names[position] == wanted[0], names[position..<position + wanted.count].elementsEqual(wanted)
            else { continue }
            return entries.number(at: start + 8, bytes: 8).map(UInt64.init)
        }
        return nil
    }
}
