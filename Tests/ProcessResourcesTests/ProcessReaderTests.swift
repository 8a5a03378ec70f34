import Glibc
import Testing

@testable import ProcessResources

@Suite("Reading a process")
struct ProcessReaderTests {
    @Test("our own process")
    func own() throws {
        let reader = try ProcessReader(pid: getpid())
        let sample = try reader.sample()
        #expect(sample.pid == getpid())
        #expect(sample.identity.startTicks > 0)
        #expect(sample.threads >= 1)
        #expect(sample.memory.residentBytes > 1_000_000)
        #expect(sample.memory.privateDirtyBytes > 0)
        #expect(sample.memory.residentBytes >= sample.memory.privateBytes - sample.memory.swapBytes)
        #expect(try #require(sample.memory.highWaterMarkBytes) > 1_000_000)
        #expect(sample.descriptors.total >= 4)
        #expect(reader.isAlive)
        #expect(try reader.executable() == String(decoding: #require(Self.ownExecutable()), as: UTF8.self))
        #expect(try reader.commandLine() == CommandLine.arguments)
        #expect(try reader.runtime().runtime == .native)
    }

    private static func ownExecutable() -> [UInt8]? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        return length > 0 ? buffer[..<length].map { UInt8(bitPattern: $0) } : nil
    }

    @Test("a process of which everything is known")
    func child() throws {
        let socket = try TestSocket.unconnected()
        let child = try SpawnedProcess.sleeping(passing: [socket.descriptor, socket.descriptor])
        let reader = try ProcessReader(pid: child.pid)
        #expect(
            try eventually { try reader.executable().hasSuffix("/sleep") || reader.executable().contains("coreutils") })
        // A process that is being started has no command line for a moment.
        #expect(try eventually { try reader.commandLine() == ["/bin/sleep", "600"] })
        #expect(try eventually { try reader.state() == .sleeping })
        #expect(try reader.threads() == 1)
        #expect(try reader.children().isEmpty)
        #expect(try reader.descriptors() == DescriptorCounts(byKind: [.device: 3, .socket: 2]))
        #expect(try reader.descriptorCount() == 5)
        #expect(try reader.countDescriptors() == 5)

        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(try reader.openFileLimit() == OpenFileLimit(soft: Int(limit.rlim_cur), hard: Int(limit.rlim_max)))
        #expect(try ProcessReader(pid: child.pid).identity == reader.identity)
    }

    @Test("our own descriptors are counted alike either way, and without the one that counts")
    func ownCount() throws {
        let reader = try ProcessReader(pid: getpid())
        // Other tests open and close meanwhile: one undisturbed look is enough, a constant difference never agrees.
        #expect(
            try eventually {
                let before = try reader.descriptorCount()
                let byEntry = try reader.countDescriptors()
                let byKind = try reader.descriptors().total
                return try reader.descriptorCount() == before && byEntry == before && byKind == before
            })
    }

    @Test(
        "descriptors that a process opens itself",
        arguments: [
            (.pipe, "sleep 600 | read -r line"), (.file, "exec 5</etc/passwd; exec sleep 600"),
        ] as [(DescriptorKind, String)])
    func kinds(kind: DescriptorKind, script: String) throws {
        let child = try SpawnedProcess(["/bin/sh", "-c", script])
        var tree = try ProcessTree(roots: [child.pid])
        #expect(try eventually { try tree.sample().descriptors[kind] > 0 })
    }

    @Test("memory grows by what is allocated and touched")
    func memory() throws {
        let reader = try ProcessReader(pid: getpid())
        let size = 64 << 20
        let tolerance = 4 << 20
        // Other tests allocate meanwhile: one undisturbed look is enough, a wrong reading never agrees.
        #expect(
            try eventually {
                let before = try reader.memory().privateBytes
                let block = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
                memset(block, 1, size)
                let during = try reader.memory().privateBytes
                munmap(block, size)
                let after = try reader.memory().privateBytes
                return abs(during - before - size) < tolerance && abs(after - before) < tolerance
            })
    }

    @Test("threads are counted")
    func threads() throws {
        let reader = try ProcessReader(pid: getpid())
        // Each waits for the end of a pipe; far more of them than any other test starts.
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let source = ends[0]
        var threads = [pthread_t](repeating: 0, count: 100)
        for index in threads.indices {
            let end = UnsafeMutableRawPointer(bitPattern: Int(source) + 1)
            pthread_create(
                &threads[index], nil,
                { end in
                    var byte: UInt8 = 0
                    _ = read(Int32(Int(bitPattern: end) - 1), &byte, 1)
                    return nil
                }, end)
        }
        #expect(try reader.threads() > 100)
        close(ends[1])
        for thread in threads { pthread_join(thread, nil) }
        #expect(try eventually { try reader.threads() < 100 })
        close(source)
    }

    @Test("a process that does not exist", arguments: [0, -1, Int32.max, Int32.min])
    func absent(pid: Int32) {
        #expect(throws: ProcessReadFailure.noSuchProcess(pid: pid)) { _ = try ProcessReader(pid: pid) }
        #expect(throws: ProcessReadFailure.noSuchProcess(pid: pid)) { _ = try ProcessTree(roots: [pid]) }
    }

    @Test("a process of another user", .enabled(if: geteuid() != 0, "root may read everything"))
    func foreign() throws {
        let reader = try ProcessReader(pid: 1)
        #expect(throws: ProcessReadFailure.notPermitted(pid: 1, file: "fd")) { _ = try reader.descriptors() }
        #expect(throws: ProcessReadFailure.notPermitted(pid: 1, file: "exe")) { _ = try reader.executable() }
        let failure = #expect(throws: ProcessReadFailure.self) { _ = try reader.memory() }
        #expect(failure?.description.contains("not permitted") == true)
    }

    @Test("every descendant is found, by threads or by parents")
    func children() throws {
        let child = try SpawnedProcess(["/bin/sh", "-c", "sleep 600 & sh -c 'sleep 600 & wait' & wait"])
        let reader = try ProcessReader(pid: child.pid)
        #expect(try eventually { try reader.descendants().count == 3 })
        let children = try reader.children()
        #expect(children.count == 2)
        #expect(Set(children).isSubset(of: try reader.descendants()))
        #expect(try reader.childrenByParent() == children)
        #expect(try reader.childrenByThread() == children)
    }

    @Test("code files come from executable mappings only")
    func maps() {
        let line = "7f0000000000-7f0000001000 r-xp 00000000 fe:00 1234  /usr/lib/a b.so"
        #expect(codeFile(line) == "/usr/lib/a b.so")
        #expect(codeFile(line.replacing("r-xp", with: "r--p")) == nil)
        #expect(codeFile("7f0000000000-7f0000001000 r-xp 00000000 00:00 0  [vdso]") == nil)
        #expect(codeFile("7f0000000000-7f0000001000 r-xp 00000000 00:00 0") == nil)
        #expect(codeFile("") == nil)
    }

    private func codeFile(_ line: String) -> String? {
        let bytes = Array(line.utf8)
        return ProcessReader.codeFile(mapping: bytes.span)
    }
}
