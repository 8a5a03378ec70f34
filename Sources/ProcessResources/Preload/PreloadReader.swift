/// Reads what a library of ours counts in a process that was started with it, while the process goes on.
///
/// The counters are memory of the process itself: a forked process has its own, with the counts of its parent.
public struct PreloadReader: Sendable {
    let process: ProcessReader
    let memory: ProcessMemory
    /// A part of the name of the library's file.
    private let library: String
    /// Where the library's page is, once it was found.
    private(set) var address: UInt64?
    /// Bytes of the program's and the libraries' variables that began as zero, when the library was found.
    private var variableBytes = 0

    /// Prepares to read `process`; nothing is read yet. The file of the library has `library` in its name.
    public init(_ process: ProcessReader, library: String) {
        self.process = process
        self.library = library
        memory = ProcessMemory(pid: process.pid)
    }

    /// What is counted now.
    public mutating func read() throws(PreloadReadFailure) -> PreloadedHeap {
        if let heap = try readAtKnownAddress() { return heap }
        // For the first time, or another program was started in the process since.
        address = try find()
        if let heap = try readAtKnownAddress() { return heap }
        throw .absent(pid: process.pid, try absence())
    }

    private func readAtKnownAddress() throws(PreloadReadFailure) -> PreloadedHeap? {
        guard let address else { return nil }
        let heap: PreloadedHeap?
        do throws(MemoryReadFailure) {
            guard let page = PreloadPage(try memory.words(at: address, count: PreloadPage.wordCount)) else {
                return nil
            }
            let shards = try memory.words(at: page.shards, count: page.shardCount * PreloadPage.shardWords)
            let mappings =
                page.mappingsUsed > 0 ? try memory.words(at: page.mappings, count: page.mappingsUsed) : []
            var found = PreloadPage.heap(shards: shards, mappings: mappings)
            found.variableBytes = variableBytes
            found.hasCounted = page.hasCounted
            heap = found
        } catch {
            if error == .notPermitted { throw .notPermitted(pid: process.pid) }
            heap = nil
        }
        // What was copied is of this process only if it still has its number.
        try requireRunning()
        return heap
    }

    private func requireRunning() throws(PreloadReadFailure) {
        do {
            try process.requireRunning()
        } catch {
            throw .process(error)
        }
    }

    /// Looks for the page in the variables of the library.
    private mutating func find() throws(PreloadReadFailure) -> UInt64? {
        let mappings = try mappings()
        variableBytes = MemoryMapping.variableBytes(of: mappings)
        for mapping in mappings where mapping.isWritable {
            guard case .file(let path) = mapping.backing, path.contains(library) else { continue }
            let count = Int(mapping.addresses.upperBound - mapping.addresses.lowerBound) / 8
            let words: [UInt64]
            do {
                words = try memory.words(at: mapping.addresses.lowerBound, count: count)
            } catch {
                if error == .notPermitted { throw .notPermitted(pid: process.pid) }
                continue
            }
            for index in stride(from: 0, to: words.count - 1, by: 2)
            where words[index] == PreloadPage.magic[0] && words[index + 1] == PreloadPage.magic[1] {
                return mapping.addresses.lowerBound + UInt64(index) * 8
            }
        }
        return nil
    }

    private func mappings() throws(PreloadReadFailure) -> [MemoryMapping] {
        do {
            return try process.mappings()
        } catch {
            throw .process(error)
        }
    }

    /// Why the library is not there.
    private func absence() throws(PreloadReadFailure) -> PreloadReadFailure.Absence {
        let files = try mappings().compactMap { mapping -> Substring? in
            guard case .file(let path) = mapping.backing else { return nil }
            return path.split(separator: "/").last
        }
        let variables = (try? process.variables()) ?? []
        let wasNamed = variables.contains { $0.hasPrefix("LD_PRELOAD=") && $0 != "LD_PRELOAD=" }
        return .init(files: files, wasNamed: wasNamed)
    }
}

/// Why nothing can be read of what a library of ours counts.
public enum PreloadReadFailure: Error, Hashable, Sendable {
    /// The process is without the library.
    case absent(pid: Int32, Absence)
    /// The kernel keeps the memory of the process from us.
    case notPermitted(pid: Int32)
    /// The process itself could not be read.
    case process(ProcessReadFailure)

    /// Why a process is without the library.
    public enum Absence: Hashable, Sendable {
        /// No loader has run in it.
        case isStatic
        /// Its C library is musl.
        case isMusl
        /// The environment that it was started with does not name the library.
        case wasNotNamed
        /// Its loader did not load what the environment names.
        case wasRefused

        /// Tells it from the names of the files that are mapped, and from whether the environment names any library.
        package init(files: [Substring], wasNamed: Bool) {
            if files.contains(where: { $0.hasPrefix("ld-musl") || $0.hasPrefix("libc.musl") }) {
                self = .isMusl
            } else if !files.contains(where: { $0.hasPrefix("ld-") || $0.hasPrefix("ld.so") || $0.hasPrefix("libc.so") }
            ) {
                self = .isStatic
            } else {
                self = wasNamed ? .wasRefused : .wasNotNamed
            }
        }
    }
}

extension PreloadReadFailure: CustomStringConvertible {
    /// What happened and what to do about it.
    public var description: String {
        switch self {
        case .absent(let pid, let absence): "process \(pid) \(absence)"
        case .notPermitted(let pid): AllocatorReadFailure.notPermitted(pid: pid).description
        case .process(let failure): failure.description
        }
    }
}

extension PreloadReadFailure.Absence: CustomStringConvertible {
    /// The reason and what to do about it, in words that follow the process's name.
    public var description: String {
        switch self {
        case .isStatic:
            "is linked statically, so that no library can be loaded with it: link it dynamically for the check"
        case .isMusl: "runs on musl, for which there is no gauge: check a build for glibc"
        case .wasNotNamed:
            "is without the LD_PRELOAD that the check gives its command: a launcher has cleared it, or it does not start with "
                + "it; give the server's own command"
        case .wasRefused:
            "did not load what LD_PRELOAD names: it runs as another user or with privileges of its own, or a security "
                + "profile forbids it; start it as the check's own user"
        }
    }
}
