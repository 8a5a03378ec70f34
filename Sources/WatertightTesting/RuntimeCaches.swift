import Dispatch
import Glibc
import ProcessResources
import Sockets

/// The runtime's caches: filled before anything is measured, and kept full.
///
/// Each thread of the dispatch pool caches a thousand of the blocks that resume tasks on it, 160 bytes each. Code that
/// is resumed from threads of its own, such as network code, fills these caches for hundreds of runs, which looks
/// exactly like a leak; code that switches between threads of the pool empties them, which hides one. Serial queues run
/// on threads of another pool, which have such caches, too.
enum RuntimeCaches {
    static let blockBytes = 160
    /// Resumptions that test whether the caches are full; too few to disturb anything.
    private static let probe = 16
    /// Blocks that fill the cache of a thread.
    static let capacity = 1024
    /// Threads of serial queues that are filled at a time.
    private static let queues = 4
    /// Resumptions in a round, for each thread of the pool and together.
    private static let perThread = 512
    private static let maximumTogether = 4096

    /// Resumes tasks from the thread of `loop`, as many at a time as the pool has threads, for at least
    /// `minimumRounds`, until the heap no longer grows by it or for `maximumRounds`.
    static func fill(from loop: EventLoop, minimumRounds: Int = 0, maximumRounds: Int) async {
        let threads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        var rounds = 0
        while rounds < maximumRounds {
            if rounds >= minimumRounds {
                let before = OwnHeap.current().liveBytes
                await resume(probe, from: loop, tasks: 1)
                if OwnHeap.current().liveBytes - before < probe * blockBytes / 4 { return }
            }
            await resume(max(1, min(perThread, maximumTogether / threads)), from: loop, tasks: threads)
            rounds += 1
        }
    }

    /// Fills the caches of threads that run serial queues: of `queues` at a time, so that each has one of its own.
    ///
    /// Call it from a thread outside the pools: what is allocated there is cached where it is freed.
    static func fillSerialQueues() async {
        let (group, arrived) = (DispatchGroup(), DispatchSemaphore(value: 0))
        let isFull = DispatchSemaphore(value: 0)
        for index in 0..<queues {
            let queue = DispatchQueue(label: "leak check \(index)")
            queue.async(group: group) {
                arrived.signal()
                // Holds the thread until each queue has one.
                _ = isFull.wait(timeout: .now() + .seconds(1))
            }
            for _ in 0..<capacity { queue.async(group: group) {} }
        }
        await withCheckedContinuation { filled in
            group.notify(queue: .global()) { filled.resume() }
            DispatchQueue.global().async {
                for _ in 0..<queues { _ = arrived.wait(timeout: .now() + .seconds(1)) }
                for _ in 0..<queues { isFull.signal() }
            }
        }
    }

    private static func resume(_ count: Int, from loop: EventLoop, tasks: Int) async {
        await withTaskGroup { group in
            for _ in 0..<tasks {
                group.addTask(executorPreference: globalConcurrentExecutor) {
                    for _ in 0..<count { await loop.run {} }
                }
            }
        }
    }
}
