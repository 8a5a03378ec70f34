import Glibc
public import SystemCalls

/// Starts programs.
public enum ChildProcess {
    /// Starts `arguments`, the first looked up in `PATH`, as the leader of a process group of its own.
    ///
    /// Its standard input is empty, its output and errors go to the descriptors `output` and `errors`. `environment` replaces
    /// variables of this process's environment or adds to them. Returns the process number; the caller must wait for it.
    public static func start(
        _ arguments: [String], environment: [String: String] = [:], output: Int32, errors: Int32
    ) throws(SystemCallError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        // The program must not inherit the signals that this process blocks and ignores.
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        let words = arguments.map { strdup($0) } + [nil]
        let variables = inherited(with: environment).map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var pid: Int32 = 0
        let code = posix_spawnp(&pid, arguments[0], &actions, &attributes, words, variables)
        guard code == 0 else { throw SystemCallError(.posixSpawn, errno: code) }
        return pid
    }

    /// This process's variables, replaced and added to by `changes`.
    static func inherited(with changes: [String: String]) -> [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            let variable = String(cString: text)
            if changes[String(variable.prefix { $0 != "=" })] == nil { variables.append(variable) }
            entry += 1
        }
        return variables + changes.map { "\($0.key)=\($0.value)" }.sorted()
    }
}
