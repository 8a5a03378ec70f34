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
            await run()
            exit(0)
        }
        while true { pause() }
    }

    private static func run() async {
        do {
            var command = try Watertight.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            // The parser's code for an error that it does not know is 1, which here means a leak.
            guard Watertight.exitCode(for: error) == .failure, !(error is ExitCode) else {
                Watertight.exit(withError: error)
            }
            StandardError.print("watertight: internal error: \(error)")
            exit(Code.internalError.rawValue)
        }
    }
}
