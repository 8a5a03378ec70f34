import Glibc
import Testing

/// A child that allocates and frees on command, through the C library it runs on, and is still in between.
///
/// Python does this without a compiler on the machine; what it allocates for itself is the same in each round.
final class AllocatingProcess {
    private let process: SpawnedProcess
    private let commands: Int32
    private let answers: Int32

    var pid: Int32 { process.pid }

    /// - Parameter inThread: whether a second thread does the work, which has an arena of its own.
    init(inThread: Bool = false) throws {
        var down: [Int32] = [0, 0]
        var up: [Int32] = [0, 0]
        try #require(pipe(&down) == 0 && pipe(&up) == 0)
        for descriptor in [down[1], up[0]] { try #require(fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0) }
        commands = down[1]
        answers = up[0]
        let words = ["/usr/bin/env", "python3", "-c", Self.program, inThread ? "thread" : "main"]
        process = try SpawnedProcess(words, passing: [down[0], up[1]])
        close(down[0])
        close(up[1])
        try #require(try answer() == [1], "python3 does not start")
        // The first of each command loads and caches.
        for _ in 0..<3 {
            _ = try account()
            _ = try objectBytes()
            try allocate(count: 10, size: 64)
            try freeAll()
        }
    }

    /// Allocates `count` blocks of `size` bytes, writes to them, and returns how many bytes malloc took for them.
    ///
    /// A block may be larger than asked for, where what would be left over is too small to stand alone.
    @discardableResult
    func allocate(count: Int, size: Int) throws -> Int { try perform("a", count, size)[0] }

    /// Frees every block, the last first, and returns how many bytes they took.
    @discardableResult
    func freeAll() throws -> Int { try perform("f", 0, 0)[0] }

    /// Frees every second block, and returns how many bytes they took.
    @discardableResult
    func freeHalf() throws -> Int { try perform("h", 0, 0)[0] }

    /// Keeps `count` small objects of Python.
    func keepObjects(count: Int) throws { try #require(try perform("k", count, 0) == [0]) }

    /// Malloc's own account of all arenas (`mallinfo2`): in use, free, mapped on their own.
    func account() throws -> (usedBytes: Int, freeBytes: Int, mappedBytes: Int) {
        let answer = try perform("m", 0, 0)
        return (answer[0], answer[1], answer[2])
    }

    /// Bytes of small objects in use, as Python says.
    func objectBytes() throws -> Int { try perform("s", 0, 0)[0] }

    private func perform(_ command: Character, _ first: Int, _ second: Int) throws -> [Int] {
        let line = [UInt8]("\(command) \(first) \(second)".utf8)
        try #require(write(commands, line, line.count) == line.count)
        return try answer()
    }

    private func answer() throws -> [Int] {
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(answers, &buffer, buffer.count)
        try #require(count > 0, "the child ended")
        return String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    }

    deinit {
        close(commands)
        close(answers)
    }

    private static let program = """
        import ctypes, os, sys, threading
        libc = ctypes.CDLL(None)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        libc.malloc_usable_size.restype = ctypes.c_size_t
        libc.malloc_usable_size.argtypes = [ctypes.c_void_p]
        class Account(ctypes.Structure):
            _fields_ = [(name, ctypes.c_size_t) for name in [
                "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"]]
        libc.mallinfo2.restype = Account
        slots = (ctypes.c_void_p * 100000)()
        kept = []
        def free(index):
            address = slots[index]
            if not address: return 0
            # A word of the chunk lies before the block.
            size = libc.malloc_usable_size(address) + 8
            libc.free(address)
            slots[index] = None
            return size
        def object_bytes():
            file = os.memfd_create("statistics")
            os.dup2(file, 2)
            sys._debugmallocstats()
            text = os.pread(file, 1 << 20, 0)
            os.close(file)
            line = text[text.index(b"bytes in allocated blocks"):].split(b"\\n")[0]
            return int(line.split(b"=")[1].replace(b",", b""))
        def work():
            top = 0
            os.write(4, b"1")
            while True:
                line = os.read(3, 64)
                if not line: os._exit(0)
                name, first, second = line.split()
                first = int(first); second = int(second)
                size = 0
                if name == b"a":
                    for index in range(top, top + first):
                        slots[index] = libc.malloc(second)
                        ctypes.memset(slots[index], 1, second)
                        size += libc.malloc_usable_size(slots[index]) + 8
                    top += first
                elif name == b"f":
                    while top:
                        top -= 1
                        size += free(top)
                elif name == b"h":
                    for index in range(0, top, 2):
                        size += free(index)
                elif name == b"k":
                    kept.append([bytes(50) for _ in range(first)])
                if name == b"m":
                    account = libc.mallinfo2()
                    os.write(4, b"%d %d %d" % (account.uordblks, account.fordblks, account.hblkhd))
                elif name == b"s":
                    os.write(4, b"%d" % object_bytes())
                else:
                    os.write(4, b"%d" % size)
        if sys.argv[1] == "thread":
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        work()
        """
}
