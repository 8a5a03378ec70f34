import Glibc
import SystemCalls
import TestSupport
import Testing

@testable import Sockets

/// Notes what it is told, and calls `onReady`.
private final class Recorder: Channel, @unchecked Sendable {
    var readiness: [Readiness] = []
    var reclaimed = 0
    var uncorked = 0
    var expired = 0
    var onReady: (Recorder) -> Void = { _ in }
    var onUncork: (Recorder) -> Void = { _ in }
    var onStepEnd: (Recorder) -> Void = { _ in }

    override func ready(for readiness: Readiness) {
        self.readiness.append(readiness)
        onReady(self)
    }
    override func windowReclaimed() { reclaimed += 1 }
    override func deadlineReached() { expired += 1 }
    override func uncork() {
        uncorked += 1
        onUncork(self)
    }
    override func stepEnded() { onStepEnd(self) }
}

@Suite("Channels on a loop")
struct ChannelTests {
    @Test("told of bytes until they are read, and of nothing else")
    func readiness() async throws {
        try await withLoop { loop in
            let pair = try Pair()
            let number = fcntl(pair.server.rawValue, F_DUPFD_CLOEXEC, 0)
            let seen = Box([Int]())
            let channel = try await loop.run {
                let channel = Recorder(loop: loop)
                channel.onReady = { channel in
                    var buffer = [UInt8](repeating: 0, count: 2)
                    if case .bytes(let count, _) = buffer.withUnsafeMutableBytes({ channel.receive(into: $0) }) {
                        seen.value.append(count)
                    }
                }
                try channel.register(OwnedDescriptor(owning: number), for: .readable)
                return channel
            }
            #expect(send(pair.client.rawValue, "abcde", 5, 0) == 5)
            // Level-triggered: three reads of two, two and one byte.
            #expect(await eventually { await loop.run { seen.value.reduce(0, +) == 5 } })
            #expect(await loop.run { seen.value } == [2, 2, 1])
            await loop.run {
                channel.closeDescriptor()
                channel.closeDescriptor()
                channel.onReady = { _ in }
            }
            #expect(await loop.run { !channel.isRegistered && loop.channels.isEmpty })
        }
    }

    @Test("told of nothing while it waits for nothing, but of a reset")
    func emptyInterest() async throws {
        try await withLoop { loop in
            let pair = try Pair()
            let number = fcntl(pair.server.rawValue, F_DUPFD_CLOEXEC, 0)
            let channel = try await loop.run {
                let channel = Recorder(loop: loop)
                channel.onReady = { $0.closeDescriptor() }
                try channel.register(OwnedDescriptor(owning: number), for: [])
                return channel
            }
            #expect(send(pair.client.rawValue, "abcde", 5, 0) == 5)
            await loop.sleep(for: .milliseconds(5))
            #expect(await loop.run { channel.readiness } == [])
            var on = linger(l_onoff: 1, l_linger: 0)
            setsockopt(pair.client.rawValue, SOL_SOCKET, SO_LINGER, &on, socklen_t(MemoryLayout<linger>.size))
            // The client's only other reference is the pair: disconnect by name so that it need not be destroyed.
            var none = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
            #expect(connect(pair.client.rawValue, &none, socklen_t(MemoryLayout<sockaddr>.size)) == 0)
            #expect(await eventually { await loop.run { !channel.readiness.isEmpty } })
            let readiness = await loop.run { channel.readiness }
            #expect(readiness.count == 1 && !readiness[0].isDisjoint(with: [.hangup, .failed]))
        }
    }

    @Test("an event for a number that was closed and taken again in the same turn is not the new owner's")
    func generations() async {
        // Anyone else in the process might take the number meanwhile.
        await #expect(processExitsWith: .success) {
            // What the runtime's own timers need is open from here on, and takes no number meanwhile.
            try await Task.sleep(for: .milliseconds(1))
            let loop = try EventLoop()
            defer { loop.stop() }
            let first = try Pair()
            let second = try Pair()
            let numbers = [first.server.rawValue, second.server.rawValue].map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
            let clients = [first.client.rawValue, second.client.rawValue]
            let quiet = try OwnedDescriptor.listening(on: .loopback(port: 0)).release()
            let result = try await loop.run { () -> (Box<Int>, Recorder) in
                let turns = Box(0)
                let heir = Recorder(loop: loop)
                var channels: [Recorder] = []
                for number in numbers {
                    let channel = Recorder(loop: loop)
                    channel.onReady = { channel in
                        turns.value += 1
                        // Whichever is told first closes the other, whose number a descriptor takes that is never ready.
                        let other = channels.first { $0 !== channel }!
                        let taken = other.withDescriptor { $0.rawValue }!
                        other.closeDescriptor()
                        let copy = fcntl(quiet, F_DUPFD_CLOEXEC, taken)
                        precondition(copy == taken)
                        try? heir.register(OwnedDescriptor(owning: copy), for: .readable)
                        channel.closeDescriptor()
                        channels = []
                    }
                    try channel.register(OwnedDescriptor(owning: number), for: .readable)
                    channels.append(channel)
                }
                // Both are ready before the loop looks again, so both are in one turn.
                for client in clients { send(client, "a", 1, 0) }
                return (turns, heir)
            }
            #expect(await eventually { await loop.run { result.0.value > 0 } })
            await loop.sleep(for: .milliseconds(10))
            #expect(await loop.run { result.0.value } == 1)
            #expect(await loop.run { result.1.readiness } == [])
            close(quiet)
        }
    }

    @Test("the read window's former owner is told before another reads, and only then")
    func window() async throws {
        try await withLoop { loop in
            let counts = await loop.run { () -> [Int] in
                let first = Recorder(loop: loop)
                let second = Recorder(loop: loop)
                let window = loop.claimWindow(for: first)
                precondition(window.count == EventLoop.windowBytes)
                _ = loop.claimWindow(for: first)
                var counts = [first.reclaimed, loop.windowLease.isHeld(by: first) ? 1 : 0]
                _ = loop.claimWindow(for: second)
                counts += [
                    first.reclaimed, loop.windowLease.isHeld(by: first) ? 1 : 0,
                    loop.windowLease.isHeld(by: second) ? 1 : 0,
                ]
                loop.releaseWindow(by: first)
                counts.append(loop.windowLease.isHeld(by: second) ? 1 : 0)
                loop.releaseWindow(by: second)
                _ = loop.claimWindow(for: first)
                counts.append(second.reclaimed)
                first.closeDescriptor()
                counts.append(loop.windowLease.isHeld(by: first) ? 1 : 0)
                return counts
            }
            #expect(counts == [0, 1, 1, 0, 1, 1, 0, 0])
        }
    }

    @Test("the cork goes from owner to owner, and the last is told at the end of the turn")
    func cork() async throws {
        try await withLoop { loop in
            let (first, second) = await loop.run { (Recorder(loop: loop), Recorder(loop: loop)) }
            await loop.run {
                loop.corkLease.claim(for: first)
                loop.corkLease.claim(for: first)
                precondition(first.uncorked == 0)
                loop.corkLease.claim(for: second)
                precondition(first.uncorked == 1 && second.uncorked == 0)
            }
            #expect(await loop.run { [first.uncorked, second.uncorked] } == [1, 1])
        }
    }

    @Test("whoever claims the cork while it changes hands is told as well")
    func nestedCork() async throws {
        try await withLoop { loop in
            let counts = await loop.run { () -> [Int] in
                let channels = (0..<3).map { _ in Recorder(loop: loop) }
                loop.corkLease.claim(for: channels[0])
                channels[0].onUncork = { [next = channels[1]] _ in loop.corkLease.claim(for: next) }
                loop.corkLease.claim(for: channels[2])
                return channels.map(\.uncorked) + [loop.corkLease.isHeld(by: channels[2]) ? 1 : 0]
            }
            #expect(counts == [1, 1, 0, 1])
        }
    }

    @Test("a channel that has resumed a task is called once the task has run, or another channel takes over")
    func step() async throws {
        try await withLoop { loop in
            let order = Box([String]())
            let channels = await loop.run { () -> [Recorder] in
                let channels = (0..<2).map { _ in Recorder(loop: loop) }
                for (index, channel) in channels.enumerated() {
                    channel.onStepEnd = { _ in order.value.append("channel \(index)") }
                    loop.stepLease.claim(for: channel)
                }
                loop.stepLease.claim(for: channels[1])
                Task(executorPreference: loop) { order.value.append("task") }
                return channels
            }
            #expect(await eventually { await loop.run { order.value.count == 3 } })
            #expect(await loop.run { order.value } == ["channel 0", "task", "channel 1"])
            #expect(await loop.run { channels.allSatisfy { !loop.stepLease.isHeld(by: $0) } })
        }
    }

    @Test("a channel whose descriptor is closed holds nothing, and is not called")
    func closed() async throws {
        try await withLoop { loop in
            let channel = await loop.run { () -> Recorder in
                let channel = Recorder(loop: loop)
                channel.onStepEnd = { _ in preconditionFailure("it is closed") }
                for lease in [loop.windowLease, loop.corkLease, loop.stepLease] { lease.claim(for: channel) }
                channel.closeDescriptor()
                return channel
            }
            let held = await loop.run {
                [loop.windowLease, loop.corkLease, loop.stepLease].map { $0.isHeld(by: channel) }
            }
            #expect(held == [false, false, false])
            #expect(await loop.run { channel.reclaimed + channel.uncorked } == 0)
        }
    }

    @Test("a deadline is reached once, moved by being set again, and gone with the descriptor")
    func deadline() async throws {
        try await withLoop { loop in
            let channels = await loop.run { () -> [Recorder] in
                let channels = (0..<3).map { _ in Recorder(loop: loop) }
                for channel in channels { channel.setDeadline(.now + .milliseconds(5)) }
                channels[1].setDeadline(.now + .seconds(600))
                channels[2].closeDescriptor()
                return channels
            }
            await loop.sleep(for: .milliseconds(40))
            #expect(await loop.run { channels.map(\.expired) } == [1, 0, 0])
        }
    }
}
