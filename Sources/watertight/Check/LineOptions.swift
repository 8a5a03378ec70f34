import ArgumentParser
import Subprocesses

/// What `{line}` stands for in the peers' requests and messages: users, tokens.
struct LineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "File whose lines {line} stands for, connection by connection, from the first again after the last.",
            valueName: "file"))
    var values: String?
    @Option(
        help: ArgumentHelp(
            "Command of a shell, run once at the beginning, whose lines {line} stands for, such as tokens of users.",
            discussion: "It has 60 s, and must end with code 0.", valueName: "command"))
    var setup: String?

    /// How long the command may take.
    private static let setupLimit = Duration.seconds(60)

    func validate() throws {
        if values != nil, setup != nil { throw ValidationError("give one of --values and --setup") }
        if setup?.isEmpty == true { throw ValidationError("--setup needs a command") }
    }

    /// The lines, without empty ones; none where neither is given. Throws `ValidationError`.
    func read() async throws -> [String] {
        guard let setup else { return try ScriptFile.lines(of: values) }
        let result: ExecutionResult
        do throws(SubprocessFailure) {
            result = try await Subprocess.run(
                ["/bin/sh", "-c", setup], within: Self.setupLimit, maximumBytes: ScriptFile.maximumBytes)
        } catch {
            throw ValidationError("--setup: \(error)")
        }
        guard result.status.exitCode == 0 else {
            let tail = result.outputTail
            throw ValidationError("--setup: the command \(result.status)" + (tail.isEmpty ? "" : ": \(tail)"))
        }
        guard let text = String(validating: result.output, as: UTF8.self) else {
            throw ValidationError("--setup: the command wrote no text in UTF-8")
        }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard !lines.isEmpty else { throw ValidationError("--setup: the command wrote no line") }
        return lines
    }

    /// The options again, as words.
    var words: [String] { (values.map { ["--values", $0] } ?? []) + (setup.map { ["--setup", $0] } ?? []) }
}
