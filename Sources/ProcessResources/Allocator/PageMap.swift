import Glibc
import SystemCalls

/// What the kernel knows of each page of a process (`/proc/PID/pagemap`, wherever there is `/proc/PID/smaps`).
struct PageMap: ~Copyable {
    private static let file = "pagemap"
    private static let entryBytes = 8

    private let process: ProcessReader
    private let descriptor: OwnedDescriptor
    private let pageBytes: Int

    init(of process: ProcessReader, pageBytes: Int) throws(ProcessReadFailure) {
        do {
            descriptor = try OwnedDescriptor(opening: Self.file, in: process.directory.rawValue, flags: O_RDONLY)
        } catch {
            throw process.failure(Self.file, error)
        }
        self.process = process
        self.pageBytes = pageBytes
    }

    /// The state of each page of `addresses`, which begin and end at a page; what is not mapped is not there.
    borrowing func states(of addresses: Range<UInt64>) throws(ProcessReadFailure) -> [MemoryImage.PageState] {
        let count = Int(addresses.upperBound - addresses.lowerBound) / pageBytes
        let offset = Int(addresses.lowerBound) / pageBytes * Self.entryBytes
        let entries: [UInt8]
        do {
            entries = try descriptor.bytes(at: offset, count: count * Self.entryBytes)
        } catch {
            throw process.failure(Self.file, error)
        }
        let known = entries.count / Self.entryBytes
        return entries.withUnsafeBytes { bytes in
            (0..<count).map { page in
                guard page < known else { return [] }
                return .init(pagemap: bytes.loadUnaligned(fromByteOffset: page * Self.entryBytes, as: UInt64.self))
            }
        }
    }
}

extension MemoryImage.PageState {
    /// Reads an entry of `/proc/PID/pagemap` (the kernel's admin-guide/mm/pagemap).
    init(pagemap entry: UInt64) {
        let isInMemory = entry >> 63 & 1 == 1
        let isSwapped = entry >> 62 & 1 == 1
        let isExclusive = entry >> 56 & 1 == 1
        self = []
        if isInMemory || isSwapped { insert(.present) }
        if isSwapped || isInMemory && isExclusive { insert(.held) }
    }
}
