/// The headers of an ELF file, read piece by piece and never as a whole (elf(5)); 64 bits, little-endian.
struct ProgramImage {
    /// Names of the sections; empty in a file stripped of them.
    private(set) var sections: Set<String> = []
    /// The release of Go that linked the file; empty if unknown; nil if Go did not link it.
    private(set) var goRelease: String?

    /// Bytes of a file from an offset on, fewer at its end, none if it cannot be read.
    typealias Source = (_ offset: Int, _ count: Int) -> [UInt8]

    private static let goMagic: [UInt8] = [0xFF] + Array(" Go buildinf:".utf8)
    private static let sectionLimit = 1024
    private static let nameLimit = 65_536
    /// How far Go's own reader searches a file without sections.
    private static let dataLimit = 1_048_576

    /// Reads the tables; nil if the file is of another format.
    init?(_ source: Source) {
        let header = source(0, 64)
        guard header.count == 64, header.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return nil }
        var buildLocation = readSections(header, source)
        if sections.isEmpty { buildLocation = Self.searchData(header, source) }
        if let buildLocation { goRelease = Self.release(source(buildLocation, 256)) }
    }

    /// Lists the sections and returns where Go's section is.
    private mutating func readSections(_ header: [UInt8], _ source: Source) -> Int? {
        let size = 64
        guard let offset = header.number(at: 40, bytes: 8), offset > 0, header.number(at: 58, bytes: 2) == size,
            let count = header.number(at: 60, bytes: 2), let nameIndex = header.number(at: 62, bytes: 2),
            nameIndex < count
        else { return nil }
        let table = source(offset, min(count, Self.sectionLimit) * size)
        guard let namesOffset = table.number(at: nameIndex * size + 24, bytes: 8),
            let namesSize = table.number(at: nameIndex * size + 32, bytes: 8)
        else { return nil }
        let names = source(namesOffset, min(namesSize, Self.nameLimit))
        var buildLocation: Int?
        for start in stride(from: 0, to: table.count - size + 1, by: size) {
            guard let nameStart = table.number(at: start, bytes: 4), nameStart < names.count else { continue }
            let name = String(decoding: names[nameStart...].prefix { $0 != 0 }, as: UTF8.self)
            if !name.isEmpty { sections.insert(name) }
            if name == ".go.buildinfo" { buildLocation = table.number(at: start + 24, bytes: 8) }
        }
        return buildLocation
    }

    /// Looks for Go's mark at the start of the writable segment.
    private static func searchData(_ header: [UInt8], _ source: Source) -> Int? {
        let size = 56
        guard let offset = header.number(at: 32, bytes: 8), header.number(at: 54, bytes: 2) == size,
            let count = header.number(at: 56, bytes: 2)
        else { return nil }
        let table = source(offset, min(count, sectionLimit) * size)
        for start in stride(from: 0, to: table.count - size + 1, by: size) {
            let isLoaded = table.number(at: start, bytes: 4) == 1
            guard isLoaded, let flags = table.number(at: start + 4, bytes: 4), flags & 2 != 0,
                let segment = table.number(at: start + 8, bytes: 8),
                let length = table.number(at: start + 32, bytes: 8)
            else { continue }
            let contents = source(segment, min(length, dataLimit))
            for position in stride(from: 0, to: contents.count, by: 16)
            where contents[position] == 0xFF && contents[position...].starts(with: goMagic) {
                return segment + position
            }
        }
        return nil
    }

    /// Reads the release that follows the mark, which Go before 1.18 keeps elsewhere.
    private static func release(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: goMagic), bytes.count > 33 else { return nil }
        let isInline = bytes[15] & 2 != 0
        let length = Int(bytes[32])
        guard isInline, length < 128, bytes.count >= 33 + length else { return "" }
        return String(decoding: bytes[33..<33 + length], as: UTF8.self)
    }
}

extension [UInt8] {
    /// A little-endian number; nil past the end or if too large to be an offset.
    func number(at offset: Int, bytes: Int) -> Int? {
        guard offset >= 0, offset <= count - bytes else { return nil }
        var value: UInt64 = 0
        for index in 0..<bytes { value |= UInt64(self[offset + index]) << UInt64(index * 8) }
        return Int(exactly: value).flatMap { $0 < Int.max / 2 ? $0 : nil }
    }
}
