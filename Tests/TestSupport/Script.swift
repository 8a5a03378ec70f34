import Subprocesses

/// A script that is started by its own name.
public enum Script {
    /// Writes an executable file. A process of its own does: one that is started meanwhile by another test would inherit the open
    /// file for a moment, in which nobody can execute it (`ETXTBSY`).
    public static func write(_ text: String, to path: String) async throws {
        let result = try await Subprocess.run(
            ["/bin/sh", "-c", "printf %s \"$1\" >\"$0\" && chmod +x \"$0\"", path, text], within: .seconds(60))
        guard result.status.exitCode == 0 else { throw TooLate(description: "\(path): \(result.outputTail)") }
    }
}
