import ArgumentParser
import Glibc

/// Sets the process up before the first thread is started, then hands over to the commands.
@main
enum EntryPoint {
    static func main() {
        // Threads inherit the mask, so this must come before the concurrency runtime starts any.
        TerminationSignals.block()
        StandardStreams.occupyClosed()
        signal(SIGPIPE, SIG_IGN)
        Task.detached {
            let code = await run()
            exit(StandardOutput.hasFailed ? Code.internalError.rawValue : code)
        }
        while true { pause() }
    }

    /// Runs the command that the arguments name; the exit code.
    private static func run() async -> Int32 {
        do {
            var command = try Watertight.parseAsRoot()
            try RepeatedOptions.refuse(
                in: Array(CommandLine.arguments.dropFirst()), of: type(of: command))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitCode.success.rawValue
        } catch {
            let code = Watertight.exitCode(for: error)
            // The parser's code for an error that it does not know is 1, which here means a leak.
            guard code == .failure, !(error is ExitCode) else {
                let text = Watertight.fullMessage(for: error)
                if !text.isEmpty { code == .success ? StandardOutput.print(text) : StandardError.print(text) }
                return code.rawValue
            }
            let (words, meaning) = Code.of(error)
            StandardError.print("watertight: \(words)")
            return meaning.rawValue
        }
    }
}
