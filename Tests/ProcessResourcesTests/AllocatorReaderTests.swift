import Glibc
import Testing

@testable import ProcessResources

@Suite("The allocator of a running process", .serialized, .timeLimit(.minutes(2)))
struct AllocatorReaderTests {
    @Test(
        "every byte allocated and freed is seen", arguments: [false, true], [24, 100, 120, 1000, 1032, 5000, 60_000])
    func exact(inThread: Bool, size: Int) throws {
        let child = try AllocatingProcess(inThread: inThread)
        var reader = AllocatorReader(try ProcessReader(pid: child.pid))
        let count = 200
        // Python's main thread may allocate once more: one undisturbed look is enough, a wrong reading never agrees.
        #expect(
            try eventually {
                let before = try reader.usage()
                let taken = try child.allocate(count: count, size: size)
                let full = try reader.usage()
                let given = try child.freeHalf()
                let half = try reader.usage()
                try child.freeAll()
                let after = try reader.usage()
                return (count * (size + 8)...count * (size + 8 + 32)).contains(taken)
                    && full.glibc.usedBytes - before.glibc.usedBytes == taken
                    && full.glibc.usedBytes - half.glibc.usedBytes == given
                    && half.glibc.freeBytes - full.glibc.freeBytes == given
                    && after.glibc.usedBytes == before.glibc.usedBytes
                    && full.mappedBytes == before.mappedBytes && after.mappedBytes == before.mappedBytes
            })
    }

    @Test("blocks mapped on their own are in use to the page")
    func mapped() throws {
        let child = try AllocatingProcess()
        var reader = AllocatorReader(try ProcessReader(pid: child.pid))
        let before = try reader.usage()
        try child.allocate(count: 3, size: 20 << 20)
        let full = try reader.usage()
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        #expect(full.mappedBytes - before.mappedBytes == 3 * ((20 << 20) + page))
        #expect(full.glibc == before.glibc)
        // They are explained.
        #expect(abs(full.unaccountedBytes - before.unaccountedBytes) < 1 << 20)
        try child.freeAll()
        #expect(try reader.usage().mappedBytes == before.mappedBytes)
    }

    @Test("the reading agrees with malloc's own account", arguments: [false, true])
    func account(inThread: Bool) throws {
        let child = try AllocatingProcess(inThread: inThread)
        try child.allocate(count: 5000, size: 72)
        try child.freeHalf()
        var reader = AllocatorReader(try ProcessReader(pid: child.pid))
        var reading = AllocatorReading()
        // Malloc counts what threads keep as in use, and what lists of small chunks keep as free.
        #expect(
            try eventually {
                let account = try child.account()
                reading = try reader.reading()
                return reading.chunkBytes - reading.fastBytes == account.usedBytes
                    && reading.freeBytes + reading.fastBytes == account.freeBytes
                    && reading.mappedBytes == account.mappedBytes
            })
        #expect(reading.fastBytes >= 2400 * 80)
        #expect(reading.cacheBytes >= 7 * 80)
    }

    @Test("objects of CPython are counted one by one")
    func python() throws {
        let child = try AllocatingProcess()
        var reader = AllocatorReader(try ProcessReader(pid: child.pid))
        let account = try child.objectBytes()
        let before = try #require(try reader.reading().python)
        // The child has a few objects more while it takes the account.
        #expect(abs(before.usedBytes - account) < 4096)
        try child.keepObjects(count: 10_000)
        let after = try #require(try reader.reading().python)
        // A bytes object of 50 B takes 83, rounded up; the list is one object more.
        #expect((10_000...10_004).contains(after.usedBlocks - before.usedBlocks))
        #expect((10_000 * 96...10_000 * 96 + 1024).contains(after.usedBytes - before.usedBytes))
    }

    @Test("what is in use and what is free is within what the process holds")
    func bounds() throws {
        let child = try AllocatingProcess()
        let process = try ProcessReader(pid: child.pid)
        let usage = try process.allocatorUsage()
        let held = try process.memory().privateBytes
        #expect(usage.roomBytes < held)
        #expect(usage.liveBytes + usage.roomBytes < held + (4 << 20))
        #expect(usage.liveBytes + usage.roomBytes > held / 2)
    }

    @Test("room is used again by one at a time, the largest is kept, and none that is too large")
    func limits() {
        let room = CopyRoom(mostWords: 8)
        #expect(room.take().isEmpty)
        room.give([1, 2, 3])
        room.give([1])
        #expect(room.take().count == 3 && room.take().isEmpty)
        room.give(Array(repeating: 0, count: 9))
        #expect(room.take().isEmpty)
        room.give(Array(repeating: 0, count: 8))
        #expect(room.take().count == 8)
    }

    @Test("many readers have the room of one, and read the same as one alone")
    func room() throws {
        let child = try SpawnedProcess.sleeping()
        let process = try ProcessReader(pid: child.pid)
        #expect(eventually { (try? process.allocatorUsage()) != nil })
        let usage = try process.allocatorUsage()
        for _ in 0..<3 {
            var reader = AllocatorReader(process)
            #expect(try reader.usage() == usage)
            #expect(reader.image.words.isEmpty)
            #expect(try reader.usage() == usage)
        }
    }

    @Test("a process that has ended says so")
    func ended() throws {
        let child = try SpawnedProcess.sleeping()
        var reader = AllocatorReader(try ProcessReader(pid: child.pid))
        child.endAndCollect()
        #expect(throws: AllocatorReadFailure.process(.exited(pid: child.pid))) { try reader.usage() }
    }

    @Test("a program that hardly allocates is read as soon as it has begun to")
    func small() throws {
        let child = try SpawnedProcess.sleeping()
        let process = try ProcessReader(pid: child.pid)
        #expect(
            try eventually {
                do {
                    let usage = try process.allocatorUsage()
                    return usage.python == nil && (1...1 << 20).contains(usage.liveBytes)
                } catch AllocatorReadFailure.noKnownAllocator {
                    return false
                }
            })
    }
}
