import Glibc
import SystemCalls

extension ProcessReader {
    /// Gathers evidence of the runtime; reads at most about 1 MiB of the program's file.
    ///
    /// - Throws: `exited`, `zombie`, `notPermitted` or `unreadable`.
    public func runtimeEvidence() throws(ProcessReadFailure) -> RuntimeEvidence {
        var evidence = RuntimeEvidence(executable: try executable())
        try forEachLine(of: "maps") { line in
            if let path = Self.codeFile(mapping: line) { evidence.codeFiles.insert(path) }
        }
        do {
            // The link opens the file that runs, even if it has been replaced.
            let file = try OwnedDescriptor(opening: "exe", in: directory.rawValue, flags: O_RDONLY)
            let image = ProgramImage { offset, count in (try? file.bytes(at: offset, count: count)) ?? [] }
            evidence.sections = image?.sections ?? []
            evidence.goRelease = image?.goRelease
        } catch {
            // A program may be executable and not readable; the other evidence still counts.
            guard error.errno == EACCES || error.errno == EPERM, condition == .alive else {
                throw failure("exe", error)
            }
        }
        return evidence
    }

    /// Recognizes the runtime.
    ///
    /// - Throws: as `runtimeEvidence`.
    public func runtime() throws(ProcessReadFailure) -> RecognisedRuntime { try runtimeEvidence().recognised }

    /// The file of a line of `/proc/PID/maps`, if code runs from it.
    static func codeFile(mapping line: Span<UInt8>) -> String? {
        var scanner = ByteScanner(line)
        scanner.skipFields(1)
        scanner.skipSpaces()
        let permissions = scanner.position
        guard line.count >= permissions + 4, line[permissions + 2] == UInt8(ascii: "x") else { return nil }
        scanner.skipFields(4)
        scanner.skipSpaces()
        return scanner.next == UInt8(ascii: "/") ? scanner.rest() : nil
    }
}
