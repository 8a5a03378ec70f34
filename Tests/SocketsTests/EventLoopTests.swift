import Glibc
import Synchronization
import SystemCalls
import TestSupport
import Testing

@testable import Sockets

/// Runs `body` with a loop that is stopped afterwards.
func withLoop<Result>(
    name: String = "test loop", _ body: (EventLoop) async throws -> Result
) async throws -> Result {
    let loop = try EventLoop(name: name)
    defer { loop.stop() }
    return try await body(loop)
}

/// A box that is confined by the test to one thread at a time.
final class Box<Value>: @unchecked Sendable {
    var value: Value
    init(_ value: Value) { self.value = value }
}

@Suite("The event loop runs work on one thread")
struct EventLoopTests {
    private struct Refusal: Error {}

    @Test("work from other threads runs on the loop's, in order")
    func execute() async throws {
        try await withLoop { loop in
            let order = Box([Int]())
            let strangers = Atomic(0)
            for index in 0..<1000 {
                loop.execute {
                    if !loop.isCurrent { strangers.add(1, ordering: .relaxed) }
                    order.value.append(index)
                }
            }
            #expect(await loop.run { order.value } == Array(0..<1000))
            #expect(strangers.load(ordering: .relaxed) == 0)
            #expect(!loop.isCurrent)
        }
    }

    @Test("work from many threads at once: none is lost")
    func manyThreads() async throws {
        try await withLoop { loop in
            let count = Box(0)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        for _ in 0..<500 { loop.execute { count.value += 1 } }
                        for _ in 0..<100 { await loop.run { count.value += 1 } }
                    }
                }
            }
            #expect(await loop.run { count.value } == 8 * 600)
        }
    }

    @Test("work from the loop itself runs at once")
    func executeOnLoop() async throws {
        try await withLoop { loop in
            let order = await loop.run { () -> [Int] in
                let order = Box([1])
                loop.execute { order.value.append(2) }
                order.value.append(3)
                return order.value
            }
            #expect(order == [1, 2, 3])
        }
    }

    @Test("run returns what its body returns or throws")
    func run() async throws {
        try await withLoop { loop in
            #expect(await loop.run { 42 } == 42)
            await #expect(throws: Refusal.self) { try await loop.run { () throws -> Int in throw Refusal() } }
        }
    }

    @Test("a task that prefers the loop stays on it across awaits")
    func taskExecutor() async throws {
        try await withLoop { loop in
            let strays = await Task(executorPreference: loop) {
                var strays = 0
                for _ in 0..<50 {
                    if !loop.isCurrent { strays += 1 }
                    await Task.yield()
                    if !loop.isCurrent { strays += 1 }
                    await loop.sleep(for: .microseconds(1))
                    if !loop.isCurrent { strays += 1 }
                    await Task.detached {}.value
                    if !loop.isCurrent { strays += 1 }
                }
                return strays
            }.value
            #expect(strays == 0)
        }
    }

    private actor Resident {
        let loop: EventLoop
        var visits = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        init(_ loop: EventLoop) { self.loop = loop }

        func visit() async -> Bool {
            visits += 1
            loop.checkIsolated()
            await Task.yield()
            assertIsolated()
            return loop.isCurrent
        }
    }

    @Test("an actor on the loop runs there, whoever calls")
    func actor() async throws {
        try await withLoop { loop in
            let resident = Resident(loop)
            let allHome = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { await resident.visit() } }
                for _ in 0..<50 { group.addTask(executorPreference: loop) { await resident.visit() } }
                return await group.allSatisfy { $0 }
            }
            #expect(allHome)
            #expect(await resident.visits == 100)
        }
    }

    @Test("a task that never stops yielding does not keep the loop from other work")
    func noStarvation() async throws {
        try await withLoop { loop in
            let isDone = Atomic(false)
            let busy = Task(executorPreference: loop) {
                var turns = 0
                while !isDone.load(ordering: .relaxed) && turns < 100_000_000 {
                    await Task.yield()
                    turns += 1
                }
                return turns
            }
            for _ in 0..<20 { #expect(await loop.run { true }) }
            await loop.sleep(for: .milliseconds(1))
            isDone.store(true, ordering: .relaxed)
            #expect(await busy.value < 100_000_000)
        }
    }

    @Test("an attachment is made once for each loop and type")
    func attachments() async throws {
        try await withLoop { loop in
            let made = await loop.run { () -> [ObjectIdentifier] in
                (0..<3).map { _ in ObjectIdentifier(loop.attachment { Box(1) }) }
                    + [ObjectIdentifier(loop.attachment { Box("other") })]
            }
            #expect(Set(made[..<3]).count == 1 && made[3] != made[0])
        }
    }

    @Test("an idle loop uses no processor time")
    func idle() async throws {
        try await withLoop(name: "idle loop") { loop in
            _ = await loop.run { 0 }
            let before = try OwnProcess.processorTicks(ofThread: "idle loop")
            let start = MonotonicTime.now
            _ = await eventually(within: .milliseconds(300)) { start.elapsed > .milliseconds(250) }
            #expect(try OwnProcess.processorTicks(ofThread: "idle loop") - before <= 1)
        }
    }
}

@Suite("The end of a loop")
struct EventLoopEndTests {
    @Test("work that comes too late is done all the same, one after another")
    func lateWork() async throws {
        let loop = try EventLoop()
        loop.stop()
        #expect(await loop.run { 7 } == 7)
        let count = Box(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<200 { await loop.run { count.value += 1 } } }
                group.addTask(executorPreference: loop) { for _ in 0..<50 { await Task.yield() } }
            }
        }
        #expect(await loop.run { count.value } == 1600)
        await loop.sleep(for: .milliseconds(1))
        loop.stop()
        #expect(!loop.isCurrent)
    }

    @Test("a sleeping task wakes when the loop ends")
    func sleeper() async throws {
        let loop = try EventLoop()
        let start = MonotonicTime.now
        let sleeping = Atomic(false)
        let task = Task(executorPreference: loop) {
            sleeping.store(true, ordering: .relaxed)
            await loop.sleep(for: .seconds(86_400))
        }
        #expect(await eventually { sleeping.load(ordering: .relaxed) })
        loop.stop()
        await task.value
        #expect(start.elapsed < .seconds(3600))
    }

    @Test("a timer that is still set does not keep the loop")
    func timer() async throws {
        weak var loop: EventLoop?
        do {
            let made = try EventLoop()
            loop = made
            await made.run { _ = Timer(on: made, after: .seconds(600)) {} }
            made.stop()
        }
        #expect(await eventually { loop == nil })
    }

    @Test("a channel cannot join a loop that has ended, and its descriptor is closed")
    func register() async throws {
        let loop = try EventLoop()
        loop.stop()
        let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
        let address = try listener.localAddress()
        let number = listener.release()
        await #expect(throws: SystemCallError(.epollControl, errno: ECANCELED)) {
            try await loop.run { try Channel(loop: loop).register(OwnedDescriptor(owning: number), for: .readable) }
        }
        // The port is free again.
        _ = try OwnedDescriptor.listening(on: address)
    }

    @Test("stop ends the thread and closes the loop's descriptors and its channels', a thousand times")
    func flat() async {
        await #expect(processExitsWith: .success) {
            func cycle() async throws {
                let loop = try EventLoop(name: "cycle")
                let listener = try OwnedDescriptor.listening(on: .loopback(port: 0))
                let number = listener.release()
                try await loop.run {
                    try Channel(loop: loop).register(OwnedDescriptor(owning: number), for: .readable)
                    _ = Timer(on: loop, after: .seconds(600)) {}
                }
                loop.stop()
                // The loop itself is still referred to here.
                _ = loop.isCurrent
            }
            try await cycle()
            // What the runtime's own timers need is open from here on.
            try await Task.sleep(for: .milliseconds(1))
            let descriptors = try OwnProcess.descriptors()
            for _ in 0..<1000 { try await cycle() }
            #expect(try OwnProcess.descriptors() == descriptors)
            // A thread that has been joined is listed until the kernel has done away with it.
            #expect(try await eventually { try !OwnProcess.threads().contains("cycle") })
        }
    }
}
