import ArgumentParser
import Glibc

/// Sets the process up before the first thread is started, then hands over to the commands.
@main
enum EntryPoint {
    static func main() {
        // Threads inherit the mask, so this must come before the concurrency runtime starts any.
        TerminationSignals.block()
        signal(SIGPIPE, SIG_IGN)
        Task.detached {
            await Watertight.main()
            exit(0)
        }
        while true { pause() }
    }
}
