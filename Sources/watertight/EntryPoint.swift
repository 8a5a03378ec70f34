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

    /// The command that the arguments name, with what a file and the environment say of its options.
    private static func parsed(
        _ typed: [String], _ configured: ConfiguredArguments?
    ) throws -> any ParsableCommand {
        guard let configured, let name = typed.first else { return try Watertight.parseAsRoot(typed) }
        do {
            return try Watertight.parseAsRoot([name] + configured.words)
        } catch {
            throw Configurations.located(error, in: configured, of: name)
        }
    }

    /// Runs the command that the arguments name; the exit code.
    private static func run() async -> Int32 {
        let typed = LiveOption.completed(Array(CommandLine.arguments.dropFirst()))
        do {
            let configured = try Configurations.arguments(typed)
            var command = try parsed(typed, configured)
            try RepeatedOptions.refuse(in: typed, of: type(of: command))
            if let configured, (command as? any ConfiguredCommand)?.printConfig == true {
                StandardOutput.print(configured.table(of: CommandOptions(of: type(of: command))))
                return ExitCode.success.rawValue
            }
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
