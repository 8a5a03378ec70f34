import Glibc
import Sockets
import SystemCalls
import WebSockets

/// Commits planted leaks; used by one thread at a time.
final class LeakPlanter {
    private let leaks: [PlantedLeak]
    private var counts: [Int]
    private var timers: [Timer] = []
    private var sessions: [[Int: [UInt8]]]
    private var slab = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// Room is leaked out of slabs of this size, so that a connection leaks its bytes and no allocator's overhead.
    private static let slabBytes = 4 << 20
    private static let sessionBytes = 256
    private static let day = Duration.seconds(86_400)

    init(_ leaks: [PlantedLeak]) {
        self.leaks = leaks
        counts = Array(repeating: 0, count: leaks.count)
        sessions = Array(repeating: [:], count: leaks.count)
    }

    /// Called while the descriptor is still open.
    func connectionEnds(_ connection: Connection, _ outcome: CloseOutcome) {
        let lifecycle = ObservedLifecycle(connection, outcome)
        for (index, leak) in leaks.enumerated() where leak.lifecycle == nil || leak.lifecycle == lifecycle {
            if leak.isForCompressed && connection.compression == nil { continue }
            counts[index] += 1
            guard counts[index].isMultiple(of: leak.every) else { continue }
            switch leak.kind {
            case .descriptor: leakDescriptor(of: connection, outcome)
            case .memory(let bytes): leakMemory(bytes)
            case .thread: leakThread()
            case .timer: timers.append(Timer(on: connection.loop, after: Self.day, every: Self.day) {})
            case .task: leakTask()
            case .session(let maximum): keepSession(counts[index] / leak.every, in: &sessions[index], maximum)
            }
        }
    }

    private func leakDescriptor(of connection: Connection, _ outcome: CloseOutcome) {
        connection.withDescriptor { descriptor in
            let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
            // The peer of a polite close waits for our FIN, which the copy would hold back.
            if copy >= 0 && outcome.isClean { shutdown(copy, Int32(SHUT_WR)) }
        }
    }

    private func leakMemory(_ bytes: Int) {
        if slab.count < bytes {
            let start = mmap(nil, Self.slabBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            guard let start, start != MAP_FAILED else { return }
            slab = UnsafeMutableRawBufferPointer(start: start, count: Self.slabBytes)
        }
        let leaked = UnsafeMutableRawBufferPointer(rebasing: slab[..<bytes])
        leaked.initializeMemory(as: UInt8.self, repeating: 0x57)
        slab = UnsafeMutableRawBufferPointer(rebasing: slab[bytes...])
    }

    private func leakThread() {
        var thread = pthread_t()
        pthread_create(&thread, nil, { _ in while true { pause() } }, nil)
    }

    private func leakTask() {
        Task { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }

    private func keepSession(_ number: Int, in sessions: inout [Int: [UInt8]], _ maximum: Int?) {
        sessions[number] = Array(repeating: 0x57, count: Self.sessionBytes)
        if let maximum { sessions[number - maximum] = nil }
    }
}
