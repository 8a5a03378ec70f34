import Glibc
import SystemCalls
import TestSupport
import Testing

/// The root of every suite that checks for leaks: one test at a time, in a process in which nothing else happens.
@Suite(.serialized, .timed)
struct LeakChecks {}

/// Things that a body may leave behind, and a way to clear them away after the test.
final class Planted: Sendable {
    private let state = Locked(State())

    private struct State: ~Copyable {
        var descriptors: [Int32] = []
        var blocks: [UnsafeMutableRawPointer] = []
        var objects: [any AnyObject & Sendable] = []
    }

    /// A thread that stays until `clear()`.
    private let gate = Locked(false)
    private let threads = Locked(0)

    func keep(_ descriptor: consuming OwnedDescriptor) {
        let number = descriptor.release()
        state.withLock { $0.descriptors.append(number) }
    }

    func keep(_ object: any AnyObject & Sendable) {
        state.withLock { $0.objects.append(object) }
    }

    func leakBytes(_ count: Int) {
        let address = UInt(bitPattern: malloc(count)!)
        state.withLock { $0.blocks.append(UnsafeMutableRawPointer(bitPattern: address)!) }
    }

    func leakThread(named name: String) throws {
        threads.withLock { $0 += 1 }
        try Thread.detach(name: name) { [gate, threads] in
            while !gate.withLock({ $0 }) { usleep(1000) }
            threads.withLock { $0 -= 1 }
        }
    }

    /// Room for what is to be kept, so that this list's own growth is not found.
    init() {
        state.withLock { state in
            state.descriptors.reserveCapacity(10_000)
            state.blocks.reserveCapacity(10_000)
            state.objects.reserveCapacity(10_000)
        }
    }

    func clear() async {
        state.withLock { state in
            for number in state.descriptors { close(number) }
            for block in state.blocks { free(block) }
            state.descriptors = []
            state.blocks = []
            state.objects = []
        }
        gate.withLock { $0 = true }
        while threads.withLock({ $0 > 0 }) { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// Opens and closes descriptors and allocates all the time, from a thread, until it is told to stop; some of it is kept
/// for a while, as other tests do.
final class Noise: Sendable {
    private let isStopped = Locked(false)
    private let hasEnded = Locked(false)

    init() throws {
        try Thread.detach(name: "noise") { [isStopped, hasEnded] in
            var random = SystemRandomNumberGenerator()
            var numbers: [Int32] = []
            var blocks: [UnsafeMutableRawPointer] = []
            while !isStopped.withLock({ $0 }) {
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    numbers.append(open("/dev/null", O_RDONLY | O_CLOEXEC))
                    numbers.append(socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
                    blocks.append(malloc(Int.random(in: 16...40_000, using: &random)))
                }
                usleep(UInt32.random(in: 10...2000, using: &random))
                while numbers.count > 100 { close(numbers.removeFirst()) }
                while blocks.count > 100 { free(blocks.remove(at: Int.random(in: 0..<blocks.count, using: &random))) }
            }
            for number in numbers { close(number) }
            for block in blocks { free(block) }
            hasEnded.withLock { $0 = true }
        }
    }

    func stop() async {
        isStopped.withLock { $0 = true }
        while !hasEnded.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
    }
}
