import Glibc

/// Reads what is in use and what is free inside the allocator of a running process, from its memory.
///
/// It neither stops the process nor runs code in it: it copies the heaps and walks the structures of glibc's malloc
/// (2.26 and later) and of CPython's allocator in the copy. It caches what does not change, so keep one reader for
/// several readings; the copy is released after each.
public struct AllocatorReader: ~Copyable {
    /// The most bytes of heaps that are copied.
    public static let limit = 2 << 30

    private static let attempts = 5

    let process: ProcessReader
    let memory: ProcessMemory
    var image: MemoryImage
    var location: GlibcLocation?
    private var hadPython = false

    /// Prepares to read `process`; reads nothing yet.
    public init(_ process: ProcessReader) {
        self.process = process
        memory = ProcessMemory(pid: process.pid)
        image = MemoryImage(pageBytes: sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Reads the allocator now; retries if the process changed it meanwhile.
    ///
    /// - Throws: `notPermitted`, `noKnownAllocator`, `inconsistent`, `tooLarge`, or `process`.
    public mutating func usage() throws(AllocatorReadFailure) -> AllocatorUsage { try reading().usage }

    /// Reads the allocator, in the parts that malloc's own account distinguishes.
    mutating func reading() throws(AllocatorReadFailure) -> AllocatorReading {
        image.words = CopyRoom.shared.take()
        defer {
            CopyRoom.shared.give(image.words)
            image.words = []
        }
        var last = ""
        for _ in 0..<Self.attempts {
            do throws(AttemptFailure) {
                return try attempt()
            } catch {
                switch error {
                case .final(let failure): throw failure
                case .again(let detail):
                    last = detail
                    // Another program may have been started in the process.
                    location = nil
                }
            }
        }
        throw .inconsistent(pid: process.pid, detail: last)
    }

    private mutating func attempt() throws(AttemptFailure) -> AllocatorReading {
        let mappings = try attempting { () throws(ProcessReadFailure) in try process.mappings() }
        let pageMap: PageMap
        do {
            pageMap = try PageMap(of: process, pageBytes: image.pageBytes)
        } catch {
            throw error.consequence(pid: process.pid)
        }
        if location == nil { location = try locate(in: mappings) }
        let arenas = try arenas()
        let heaps = try heaps(of: arenas, in: mappings)
        try copy(heaps, pageMap)

        var reading = AllocatorReading()
        let tables = try walk(heaps, of: arenas, seeksTables: mappings.contains { $0.isOfPython }, into: &reading)
        let python = try pythonArenas(tables, pageMap)
        // An arena table that was read half changed does not look like one.
        if hadPython, python == nil { throw .again("the arenas of CPython could not be found again") }
        hadPython = python != nil
        reading.python = python?.tally

        let known = heaps.map(\.pages) + (python?.addresses ?? [])
        let account = try mappedBytes(arenas, heaps, mappings)
        let blocks = try mappedBlocks(in: mappings, besides: known, atMost: account ?? Int.max, pageMap)
        reading.mappedBytes = account ?? blocks.bytes
        let heldInHeaps = image.regions.reduce(0) { $0 + image.heldBytes(in: $1.addresses) }
        let total = mappings.reduce(0) { $0 + ($1.isPrivateAnonymous ? $1.privateBytes : 0) }
        let explained = heldInHeaps + (python?.heldBytes ?? 0) + blocks.heldBytes
        reading.unaccountedBytes = max(0, total - explained)
        // The copy is of this process only if it still has its number.
        try attempting { () throws(ProcessReadFailure) in try process.requireRunning() }
        return reading
    }

    /// The state of each page of `addresses`.
    func states(
        of addresses: Range<UInt64>, in pageMap: borrowing PageMap
    ) throws(AttemptFailure) -> [MemoryImage.PageState] {
        do {
            return try pageMap.states(of: addresses)
        } catch {
            throw error.consequence(pid: process.pid)
        }
    }

    /// Runs a step, and turns its failure into one that ends the reading or the attempt.
    func attempting<Value, Failure: AttemptFailing>(
        _ step: () throws(Failure) -> Value
    ) throws(AttemptFailure) -> Value {
        do {
            return try step()
        } catch {
            throw error.consequence(pid: process.pid)
        }
    }
}

extension ProcessReader {
    /// Reads the allocator once; to read it again, keep an `AllocatorReader`.
    ///
    /// - Throws: as `AllocatorReader.usage()`.
    public func allocatorUsage() throws(AllocatorReadFailure) -> AllocatorUsage {
        var reader = AllocatorReader(self)
        return try reader.usage()
    }
}
