import Glibc
import Testing

/// A process of the test's own, ended with its group and collected when it goes out of scope.
final class SpawnedProcess {
    let pid: Int32
    private var isCollected = false

    /// Starts `arguments` with exactly standard input, output and error and, from 3 on, copies of `descriptors`.
    init(_ arguments: [String], passing descriptors: [Int32] = []) throws {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for standard: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, standard, "/dev/null", O_RDWR, 0) }
        // Out of the way first, so that no copy overwrites another's source.
        let first = Int32(900)
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, first + Int32(index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, first + Int32(index), 3 + Int32(index))
        }
        // Whatever other tests have open without close-on-exec; a number that is not open is no error (glibc).
        for foreign in 3 + Int32(descriptors.count)..<first + Int32(descriptors.count) {
            posix_spawn_file_actions_addclose(&actions, foreign)
        }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, arguments[0], &actions, &attributes, &words, environ)
        self.pid = pid
        isCollected = result != 0
        try #require(result == 0, "posix_spawn \(arguments[0]): \(result)")
    }

    static func sleeping(passing descriptors: [Int32] = []) throws -> SpawnedProcess {
        try SpawnedProcess(["/bin/sleep", "600"], passing: descriptors)
    }

    /// Waits until the process has ended, and leaves it uncollected.
    func awaitEnd() {
        var outcome = siginfo_t()
        while waitid(P_PID, id_t(pid), &outcome, WEXITED | WNOWAIT) == -1, errno == EINTR {}
    }

    /// Waits until the process has ended, and collects it; nil when a signal ended it.
    func exitCode() -> Int32? {
        isCollected = true
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : nil
    }

    func endAndCollect() {
        guard !isCollected else { return }
        isCollected = true
        kill(-pid, SIGKILL)
        while waitpid(pid, nil, 0) == -1, errno == EINTR {}
    }

    deinit { endAndCollect() }
}

/// Looks at `condition` again and again until it holds; false after ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let limit = ContinuousClock.now + .seconds(600)
    while ContinuousClock.now < limit {
        if try condition() { return true }
        sched_yield()
    }
    return try condition()
}
